/** From a model and inputs to a folder with result.json, maps as NumPy arrays, and a report. */
import { exampleInput } from '../classifier/example-input.js';
import { asTheModelTakesIt } from '../classifier/layout.js';
import type { InterfaceChoice } from '../classifier/open.js';
import type { Dataset, Split } from '../data/dataset.js';
import { readInputs, type Input } from '../data/input.js';
import { knownPreprocessing, normalizationFor } from '../data/model-normalization.js';
import { encodeNpy } from '../data/npy/encode.js';
import { openDataset } from '../data/open-dataset.js';
import type { Preprocessing } from '../data/preprocessing.js';
import { withDefaults } from '../defaults.js';
import { InputError } from '../errors.js';
import { attribute } from '../explain/attribution/attribute.js';
import { pixelBounds } from '../explain/attribution/bounds.js';
import { METHODS, METHODS_WITH_DATA } from '../explain/attribution/methods/registry.js';
import { LAYERED_DEFAULTS, type LayeredSettings } from '../explain/attribution/mim/settings.js';
import { parseRuleSpec } from '../explain/attribution/rules/registry.js';
import type { RuleSpec } from '../explain/attribution/rules/rule.js';
import { ATTRIBUTION_DEFAULTS, type AttributionSettings } from '../explain/attribution/settings.js';
import { readBytes, sha256 } from '../files.js';
import { attributeLists } from '../lists/attribute.js';
import { publish } from '../lists/publish.js';
import { readModelFile } from '../onnx/file.js';
import type { Model } from '../onnx/model.js';
import type { Notice, Reporting } from '../progress.js';
import { attributeReport } from '../report/attribute/report.js';
import { assembleResult } from '../results/assemble.js';
import type { AttributeResult } from '../results/attribute.js';
import { openResultFolder } from '../results/result-folder.js';
import type { Runtime } from '../runtime/runtime.js';
import { parseJson } from '../schema/json.js';
import type { Division } from '../shards/division.js';
import { picturesOf } from './pictures-of.js';
import { listContext } from './list-context.js';

/** Inputs, model and methods by name, and the folder for what is found. */
export interface AttributeFolderRequest extends InterfaceChoice, Preprocessing, Reporting {
  readonly modelPath: string;
  /** Image files, or `<data>@<index>[,<index>…]`. */
  readonly inputs: readonly string[];
  /** Split that indices count in, `test` by default. */
  readonly inputSplit?: Split | undefined;
  /** By name, or `all`. */
  readonly methods: readonly string[];
  readonly target?: string;
  /** For Grad-CAM and MIM. */
  readonly layers?: readonly string[] | undefined;
  /** What MIM compares with. */
  readonly data?: string | undefined;
  readonly dataSplit?: Split | undefined;
  /** Most examples of it. */
  readonly mostExamples?: number | undefined;
  /** Integrated gradients: a number in the model's own units, or black or white. */
  readonly baseline?: number | 'black' | 'white' | undefined;
  /** LRP: smallest and largest input value; found out where they are left out. */
  readonly low?: readonly number[] | undefined;
  readonly high?: readonly number[] | undefined;
  /** LRP: a JSON file with rules of single layers. */
  readonly rulesFile?: string | undefined;
  readonly settings?: Partial<Omit<AttributionSettings, 'baseline' | 'bounds' | 'rules' | 'layer'>>;
  readonly layered?: Partial<Omit<LayeredSettings, 'layers'>>;
  /** Folder for `result.json`, `index.html`, maps and plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly runtime: Runtime;
  /** Which inputs are explained here; all by default. */
  readonly division?: Division | undefined;
}

/** In the place of methods: every one that needs no data, as far as they fit the model. */
export const ALL_METHODS = 'all';

/** Examples that MIM compares with, at most, by default. */
export const MOST_EXAMPLES = 10_000;

/**
 * Explains inputs by one or several methods, and writes result, maps and report.
 * @throws InputError when model, inputs, data and options do not fit together, or the folder cannot be written
 */
export async function attributeToFolder(request: AttributeFolderRequest): Promise<AttributeResult> {
  const { modelPath, out, runtime, mean, std, layers, division } = request;
  const named = request.methods.filter((name) => name !== ALL_METHODS);
  const optional = named.length < request.methods.length ? METHODS.map(({ name }) => name) : [];
  const methods = [...new Set([...optional, ...named])];
  const onNotice = request.onNotice ?? (() => undefined);
  const source = await readModelFile(modelPath);
  const normalization = normalizationFor(source.model, { mean, std });
  const preprocessing = knownPreprocessing(source.model, request);
  const rules = request.rulesFile === undefined ? {} : await readRules(request.rulesFile);
  const inputs = await readInputs(request.inputs, {
    ...preprocessing,
    onNotice,
    split: request.inputSplit,
    ...imageShape(source.model, request.inputShape),
  });
  const data = METHODS_WITH_DATA.some(({ name }) => methods.includes(name))
    ? await openData(request, preprocessing, onNotice)
    : undefined;
  const pixels = pixelBounds(normalization);
  const settings: AttributionSettings = {
    ...withDefaults(ATTRIBUTION_DEFAULTS, request.settings),
    baseline: baselineOf(request.baseline ?? 0, inputs, pixels),
    bounds: { low: request.low ?? [], high: request.high ?? [] },
    rules,
  };
  const layered: LayeredSettings = { ...withDefaults(LAYERED_DEFAULTS, request.layered), seed: settings.seed };
  const target = request.target ?? 'predicted';
  const folder = await openResultFolder(out, { force: request.force ?? false, reads: [modelPath, ...request.inputs] });
  division?.madeFrom({ model: source.sha256, input: fingerprintOf(inputs), data: data?.fingerprint ?? 'none' });
  const { queries, classNames, arrays, layout } = await attribute({
    runtime,
    model: source.model,
    inputs,
    classNames: request.classNames,
    preprocessing: { mean, std },
    inputShape: request.inputShape,
    output: request.output,
    at: request.at,
    methods,
    optional: optional.filter((name) => !named.includes(name)),
    target,
    settings,
    layers,
    layered,
    data,
    mostExamples: request.mostExamples ?? MOST_EXAMPLES,
    onNotice,
    onProgress: request.onProgress,
    division,
  });
  const result = assembleResult('attribute', {
    model: { path: modelPath, sha256: source.sha256 },
    data: data
      ? { spec: data.spec, fingerprint: data.fingerprint }
      : { spec: request.inputs.join(' '), fingerprint: fingerprintOf(inputs) },
    options: {
      method: [...methods],
      target,
      layer: layers ? [...layers] : null,
      seed: settings.seed,
      steps: settings.steps,
      tolerance: Number.isFinite(settings.tolerance) ? settings.tolerance : null,
      baseline: request.baseline ?? 0,
      samples: settings.samples,
      noise: settings.noise,
      relu: settings.relu,
      composite: settings.composite,
      rules: rules,
      'ignore-bias': settings.ignoreBias,
      low: request.low ? [...request.low] : null,
      high: request.high ? [...request.high] : null,
      fallback: settings.fallback ?? null,
      kernel: layered.kernel,
      shares: [...layered.shares],
      mean: [...normalization.mean],
      std: [...normalization.std],
    },
    classNames: [...classNames],
    queries: [...queries],
  });
  for (const [file, array] of arrays) await folder.write(file, encodeNpy(asTheModelTakesIt(array, layout)));
  const report = await attributeReport(
    result,
    (file) => arrays.get(file)!,
    picturesOf(data ? { [data.split]: data } : {}, inputs),
  );
  await publish(folder, result, attributeLists(result, listContext(result.classNames, data)), report);
  return result;
}

/** What image files must be like, where the model says so: with channels first or last. */
function imageShape(model: Model, inputShape: readonly number[] | undefined): { shape?: readonly number[] } {
  const { dims } = exampleInput(model, inputShape);
  if (dims?.length !== 3 || dims.includes(null)) return {};
  const sizes = dims as readonly number[];
  const [first, middle, last] = sizes as [number, number, number];
  if (isChannels(first)) return { shape: sizes };
  return isChannels(last) ? { shape: [last, first, middle] } : {};
}

const isChannels = (count: number) => count === 1 || count === 3;

async function openData(
  request: AttributeFolderRequest,
  preprocessing: Preprocessing,
  onNotice: Notice,
): Promise<Dataset | undefined> {
  if (request.data === undefined) return undefined;
  const split = request.dataSplit ?? 'train';
  return openDataset(request.data, { ...preprocessing, split, onDemand: true, onNotice });
}

function baselineOf(
  baseline: number | 'black' | 'white',
  inputs: readonly Input[],
  { low, high }: ReturnType<typeof pixelBounds>,
): number | Float32Array {
  if (typeof baseline === 'number') return baseline;
  const [first] = inputs;
  if (!inputs.every(({ data }) => data instanceof Uint8Array)) {
    throw new InputError(`\`baseline\` ${baseline}: the inputs are not pixels; give a number`);
  }
  const values = baseline === 'black' ? low : high;
  const { data, shape } = first!;
  const plane = shape.length === 3 ? data.length / shape[0]! : data.length;
  return Float32Array.from(data, (_, i) => values[values.length === 1 ? 0 : Math.floor(i / plane)]!);
}

/** Rules of single layers: an object with a rule for each layer's name. @throws InputError naming the file and the place */
export async function readRules(path: string): Promise<Record<string, RuleSpec>> {
  const bytes = await readBytes(path);
  const parsed = parseJson(
    new TextDecoder().decode(bytes),
    (why) => new InputError(`${path}: not valid JSON (${why}); correct it`),
  );
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InputError(
      `${path}: expected an object such as {"conv1": "zbox", "fc1": {"rule": "epsilon", "epsilon": 0.1}}`,
    );
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([layer, spec]) => [layer, parseRuleSpec(spec, `${path}, layer "${layer}"`)]),
  );
}

function fingerprintOf(inputs: readonly Input[]): string {
  const parts = inputs.map(({ data }) => sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
  return sha256(new TextEncoder().encode(parts.join()));
}
