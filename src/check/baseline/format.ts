/** The form of a baseline as a JSON file with arrays beside it. */
import * as v from 'valibot';
import { count, list, magnitude, number } from '../../schema/fields.js';
import type { ProbeSource } from '../probes/probes.js';
import type { Measured } from '../unavailable.js';

/** Version of the baseline format that this build writes, and the newest that it reads. */
export const baselineVersion = 1;

/** What tells a baseline from other JSON files. */
export const BASELINE_KIND = 'onnx-explain-baseline';

/** How the file of a baseline begins, whatever became of the rest. */
export const BASELINE_HEAD = new RegExp(`^\\s*\\{\\s*"kind":\\s*"${BASELINE_KIND}"`);

const sha = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'));

const port = v.object({ name: v.string(), type: v.string(), shape: list(v.nullable(count)) });

const signature = {
  inputs: list(port),
  outputs: list(port),
  others: v.optional(list(v.string()), []),
  opset: count,
  operators: v.record(v.string(), count),
  parameters: count,
  matrixParameters: count,
  fileBytes: count,
  producer: v.string(),
  trainingNodes: list(v.string()),
  preprocessing: v.nullable(v.object({ mean: v.string(), std: v.string() })),
};

const inputShape = v.optional(list(count));

/** How bytes were known to become inputs. */
const pixels = { mean: v.optional(list(number)), std: v.optional(list(number)) };

const source: v.GenericSchema<ProbeSource> = v.variant('kind', [
  v.object({
    kind: v.literal('data'),
    inputShape,
    spec: v.string(),
    indices: list(count),
    resize: v.optional(v.object({ height: count, width: count })),
    channels: v.optional(v.union([v.literal(1), v.literal(3)])),
    labelColumn: v.optional(v.string()),
    classNames: v.optional(list(v.string())),
    ...pixels,
  }),
  v.object({ kind: v.literal('arrays'), inputShape, spec: v.string(), count, ...pixels }),
  v.object({ kind: v.literal('random'), inputShape, seed: count, count }),
]);

const problem = v.object({ problem: v.string() });

/** A part that may not have been measured. Chosen by its key, so that messages name the place inside. */
function part<T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, Measured<T>> {
  return v.lazy((input) =>
    typeof input === 'object' && input !== null && 'problem' in input ? problem : v.object({ value: schema }),
  );
}

const explanation = v.object({
  method: v.string(),
  /** LRP's composite; baselines of earlier versions had this one, and do not say so. */
  composite: v.optional(v.string(), 'epsilon-plus-flat'),
  shape: list(count),
});

const layer = v.object({
  value: v.string(),
  node: v.string(),
  op: v.string(),
  size: count,
  mean: number,
  rms: magnitude,
  readers: list(v.string()),
  output: v.nullable(count),
  /** Numbers a probe in its sketch. */
  parts: count,
});

/** Schema of the file. Arrays stand apart, by name. */
export const baselineSchema = v.object({
  kind: v.literal(BASELINE_KIND),
  baselineVersion: v.literal(baselineVersion),
  tool: v.object({ name: v.string(), version: v.string() }),
  runtime: v.string(),
  model: v.object({ file: v.string(), sha256: sha, ...signature }),
  preprocessing: v.object({ mean: list(number), std: list(number) }),
  probes: v.object({
    source,
    count: v.pipe(count, v.minValue(1)),
    sha256: sha,
    labels: v.nullable(list(count)),
    classNames: list(v.string()),
  }),
  outputs: list(
    v.object({ name: v.string(), type: v.string(), dims: list(v.nullable(count)), size: count, kept: count }),
  ),
  decisions: v.nullable(
    v.object({
      output: count,
      classes: count,
      threshold: v.nullable(number),
      /** Class of each probe. */
      predicted: list(count),
    }),
  ),
  /** Layers and explanations are of so many probes, the first ones. */
  traced: count,
  layers: part(list(layer)),
  explanations: part(v.pipe(list(explanation), v.minLength(1))),
  /** Training examples that the decisions are explained by, and a hash of them. */
  trainingPoints: part(v.object({ indices: v.pipe(list(count), v.minLength(1)), sha256: sha })),
  /** Rules that the accepted model fails against its own baseline, and how: what does not repeat is not judged by. */
  unmeasurable: v.optional(list(v.object({ rule: v.string(), reason: v.string() })), []),
  speed: part(v.object({ secondsPerProbe: magnitude, referenceSeconds: magnitude })),
  memoryBytes: part(magnitude),
  arrays: v.union([
    v.object({ inline: v.record(v.string(), list(number)) }),
    v.object({ file: v.string(), sha256: sha }),
  ]),
  /** SHA-256 of all other fields as JSON: what was edited or merged by hand is not a baseline. */
  checksum: sha,
});

/** The file's contents. */
export type BaselineFile = v.InferOutput<typeof baselineSchema>;

/** What is known before the file is written. */
export type BaselineFacts = Omit<BaselineFile, 'arrays' | 'checksum'>;

/** Names of the arrays of a baseline. */
export const ARRAY = {
  output: (index: number) => `output_${index}`,
  decisions: 'decisions',
  layers: 'layers',
  points: 'training_points',
  maps: (method: string) => `maps_${method}`,
};

/** How many numbers each array of a file must have. */
export function expectedArrays(file: BaselineFile): Map<string, number> {
  const { count: n } = file.probes;
  const { traced } = file;
  const expected = new Map<string, number>();
  file.outputs.forEach(({ kept }, i) => expected.set(ARRAY.output(i), n * kept));
  if (file.decisions) expected.set(ARRAY.decisions, 2 * n);
  const { layers, explanations, trainingPoints } = file;
  if ('value' in layers)
    expected.set(
      ARRAY.layers,
      layers.value.reduce((sum, { parts }) => sum + traced * parts, 0),
    );
  if ('value' in explanations) {
    for (const { method, shape } of explanations.value) {
      expected.set(
        ARRAY.maps(method),
        shape.reduce((product, dim) => product * dim, traced),
      );
    }
  }
  if ('value' in trainingPoints) expected.set(ARRAY.points, traced * trainingPoints.value.indices.length);
  return expected;
}
