/** The accepted state of a model, and its form as a JSON file with arrays beside it. */
import * as v from 'valibot';
import { count, list, magnitude, number } from '../results/fields.js';
import { TOOL } from '../tool.js';
import type { AttributionMaps } from './attributions.js';
import type { Speed } from './cost.js';
import { decide, type Decision, type DecisionRule, type OutputRows } from './decisions.js';
import type { LayerSketch } from './layer-sketches.js';
import { TRACED_PROBES, type CheckedModel, type Measurement } from './measure.js';
import type { ProbeSource, Probes } from './probes.js';
import type { Signature } from './signature.js';
import { rowAt, type Rows } from './statistics.js';
import { need, type Part } from './unavailable.js';

/** Version of the baseline format that this build writes, and the newest that it reads. */
export const baselineVersion = 1;

/** What tells a baseline from other JSON files. */
export const BASELINE_KIND = 'onnx-explain-baseline';

const sha = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'));

const port = v.object({ name: v.string(), type: v.string(), shape: list(v.nullable(count)) });

const signature = {
  inputs: list(port),
  outputs: list(port),
  opset: count,
  operators: v.record(v.string(), count),
  parameters: count,
  matrixParameters: count,
  fileBytes: count,
  producer: v.string(),
  trainingNodes: list(v.string()),
  preprocessing: v.nullable(v.object({ mean: v.string(), std: v.string() })),
};

const source: v.GenericSchema<ProbeSource> = v.variant('kind', [
  v.object({
    kind: v.literal('data'),
    spec: v.string(),
    indices: list(count),
    resize: v.optional(v.object({ height: count, width: count })),
    channels: v.optional(v.union([v.literal(1), v.literal(3)])),
  }),
  v.object({ kind: v.literal('arrays'), spec: v.string(), count }),
  v.object({ kind: v.literal('random'), seed: count, count }),
]);

const problem = v.object({ problem: v.string() });

/** A part that may not have been measured. Chosen by its key, so that messages name the place inside. */
function part<T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, Part<T>> {
  return v.lazy((input) =>
    typeof input === 'object' && input !== null && 'problem' in input ? problem : v.object({ value: schema }),
  );
}

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
  explanations: part(list(v.object({ method: v.string(), shape: list(count) }))),
  speed: part(v.object({ secondsPerProbe: magnitude, referenceSeconds: magnitude })),
  memoryBytes: part(magnitude),
  arrays: v.union([
    v.object({ inline: v.record(v.string(), list(number)) }),
    v.object({ file: v.string(), sha256: sha }),
  ]),
});

/** The file's contents. */
export type BaselineFile = v.InferOutput<typeof baselineSchema>;

/** Elements of an output that are kept of one probe, evenly spread where there are more. */
const MOST_KEPT = 16_384;

/** An accepted model, as rules see it. */
export interface Baseline {
  readonly file: string;
  readonly sha256: string;
  readonly signature: Signature;
  readonly preprocessing: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly probes: BaselineFile['probes'] & { readonly source: ProbeSource };
  /** Rows as kept: see `keptOf`. */
  readonly outputs: readonly (OutputRows & { readonly size: number })[];
  readonly rule: DecisionRule | null;
  readonly decisions: readonly Decision[];
  /** Layers and maps are of the first so many probes. */
  readonly traced: number;
  readonly layers: Part<readonly LayerSketch[]>;
  readonly maps: Part<readonly AttributionMaps[]>;
  readonly speed: Part<Speed>;
  readonly memory: Part<number>;
}

/** Rows of an output with no more elements than a baseline keeps. */
export function keptOf(rows: Rows): Rows {
  const { size, rows: n } = rows;
  if (size <= MOST_KEPT) return rows;
  const data = new Float32Array(n * MOST_KEPT);
  for (let row = 0; row < n; row++) {
    const all = rowAt(rows, row);
    for (let i = 0; i < MOST_KEPT; i++) data[row * MOST_KEPT + i] = all[Math.floor((i * size) / MOST_KEPT)]!;
  }
  return { rows: n, size: MOST_KEPT, data };
}

/** Names of the arrays of a baseline. */
const ARRAY = {
  output: (index: number) => `output_${index}`,
  decisions: 'decisions',
  layers: 'layers',
  maps: (method: string) => `maps_${method}`,
};

/** A baseline of a measured model. @param name of the model's file @throws CouldNotRun when its outputs could not be computed */
export function makeBaseline(
  { model, name }: { model: CheckedModel; name: string },
  probes: Probes,
  measured: Measurement,
  runtime: string,
): { file: Omit<BaselineFile, 'arrays'>; arrays: Map<string, Rows> } {
  const arrays = new Map<string, Rows>();
  const outputs = need(measured.outputs, 'the outputs').map(({ name: output, type, dims, rows }, i) => {
    const kept = keptOf(rows);
    arrays.set(ARRAY.output(i), kept);
    return { name: output, type, dims: [...dims], size: rows.size, kept: kept.size };
  });
  const { rule, layers, maps } = measured;
  const decided = 'value' in measured.decisions ? measured.decisions.value : [];
  if (rule) {
    const data = Float32Array.from(decided.flatMap(({ margin, confidence }) => [margin, confidence]));
    arrays.set(ARRAY.decisions, { rows: decided.length, size: 2, data });
  }
  if (layers && 'value' in layers) arrays.set(ARRAY.layers, joined(layers.value.map(({ sketch }) => sketch)));
  if (maps && 'value' in maps) for (const each of maps.value) arrays.set(ARRAY.maps(each.method), each.maps);
  const file: Omit<BaselineFile, 'arrays'> = {
    kind: BASELINE_KIND,
    baselineVersion,
    tool: TOOL,
    runtime,
    model: { file: name, sha256: model.sha256, ...model.signature },
    preprocessing: { mean: [...measured.normalization.mean], std: [...measured.normalization.std] },
    probes: {
      source: probes.source,
      count: probes.count,
      sha256: probes.sha256,
      labels: probes.labels ? [...probes.labels] : null,
      classNames: [...probes.classNames],
    },
    outputs,
    decisions: rule && { ...rule, predicted: decided.map((each) => each.class) },
    traced: Math.min(TRACED_PROBES, probes.count),
    layers: mapPart(layers, (all) => all.map(({ sketch, ...rest }) => ({ ...rest, parts: sketch.size }))),
    explanations: mapPart(maps, (all) => all.map(({ method, shape }) => ({ method, shape: [...shape] }))),
    speed: mapPart(measured.speed, (speed) => speed),
    memoryBytes: mapPart(measured.memory, (bytes) => bytes),
  };
  return { file, arrays };
}

function mapPart<A, B>(from: Part<A> | undefined, change: (value: A) => B): Part<B> {
  if (!from) return { problem: 'it was not measured when the baseline was taken' };
  return 'value' in from ? { value: change(from.value) } : from;
}

/** Sketches one after the other, as one column of numbers. */
function joined(sketches: readonly Rows[]): Rows {
  const data = new Float32Array(sketches.reduce((sum, each) => sum + each.data.length, 0));
  let at = 0;
  for (const sketch of sketches) {
    data.set(sketch.data, at);
    at += sketch.data.length;
  }
  return { rows: data.length, size: 1, data };
}

/** How many numbers each array of a file must have. */
export function expectedArrays(file: BaselineFile): Map<string, number> {
  const { count: n } = file.probes;
  const { traced } = file;
  const expected = new Map<string, number>();
  file.outputs.forEach(({ kept }, i) => expected.set(ARRAY.output(i), n * kept));
  if (file.decisions) expected.set(ARRAY.decisions, 2 * n);
  const { layers, explanations } = file;
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
  return expected;
}

/** The baseline of a file, whose arrays have the expected numbers of elements. */
export function baselineOf(file: BaselineFile, arrays: ReadonlyMap<string, Float32Array>): Baseline {
  const { traced } = file;
  const { count: n } = file.probes;
  const { file: name, sha256, ...rest } = file.model;
  const outputs = file.outputs.map(({ kept, ...output }, i) => ({
    ...output,
    rows: { rows: n, size: kept, data: arrays.get(ARRAY.output(i))! },
  }));
  const { decisions } = file;
  const numbers = arrays.get(ARRAY.decisions) ?? new Float32Array(0);
  let at = 0;
  return {
    file: name,
    sha256,
    signature: rest,
    preprocessing: file.preprocessing,
    probes: file.probes,
    outputs,
    rule: decisions && { output: decisions.output, classes: decisions.classes, threshold: decisions.threshold },
    decisions: (decisions?.predicted ?? []).map((predicted, i) => ({
      class: predicted,
      margin: numbers[2 * i]!,
      confidence: numbers[2 * i + 1]!,
    })),
    traced,
    layers: mapPart(file.layers, (all) =>
      all.map(({ parts, ...layer }): LayerSketch => {
        const data = arrays.get(ARRAY.layers)!.subarray(at, at + traced * parts);
        at += traced * parts;
        return { ...layer, sketch: { rows: traced, size: parts, data } };
      }),
    ),
    maps: mapPart(file.explanations, (all) =>
      all.map(({ method, shape }): AttributionMaps => {
        const size = shape.reduce((product, dim) => product * dim, 1);
        return { method, shape, maps: { rows: traced, size, data: arrays.get(ARRAY.maps(method))! } };
      }),
    ),
    speed: file.speed,
    memory: file.memoryBytes,
  };
}

/** Decisions made anew from kept outputs, to see that a file is of one piece. */
export function decidedAgain({ outputs, rule }: Pick<Baseline, 'outputs' | 'rule'>): readonly Decision[] | undefined {
  const output = rule ? outputs[rule.output] : undefined;
  return rule && output?.rows.size === output?.size ? decide(output!.rows, rule) : undefined;
}
