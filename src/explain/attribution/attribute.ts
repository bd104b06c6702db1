/** Explains inputs by one or several methods of attribution. */
import type { Dataset } from '../../data/dataset.js';
import type { FloatArray } from '../../data/encode-npy.js';
import { exampleDims } from '../../data/example-shape.js';
import type { Input } from '../../data/input.js';
import { normalize, type Normalization } from '../../data/normalization.js';
import { InputError } from '../../errors.js';
import { channelsFirst, takesChannelsLast } from '../../graph/channels-first.js';
import { toNumber, type Model } from '../../onnx/model.js';
import { folderNames } from '../../folder-names.js';
import type { AttributeQuery } from '../../results/attribute.js';
import type { Runtime } from '../../runtime/runtime.js';
import { openActivations, probabilitiesOf } from '../trace/activations.js';
import { float32 } from '../../tensor.js';
import { explainedModel, inputOf, type ExplainedModel } from './explained-model.js';
import type { Attribution, Example, Method, OpenMethod } from './method.js';
import { gradCam } from './methods/grad-cam.js';
import { METHODS, methodNamed } from './methods/registry.js';
import type { ExampleSource } from './mim/layer-activations.js';
import { describeLayered } from './mim/describe.js';
import { explainableLayers, layeredExplanation, type LayeredExplanation } from './mim/layered.js';
import type { LayeredSettings } from './mim/settings.js';
import type { AttributionSettings } from './settings.js';
import { targetClass } from './targets.js';

/** Name of the method that needs data. */
export const LAYERED_METHOD = 'mim';

/** In the place of layers: MIM chooses, and Grad-CAM takes the last convolution, as both do unless told. */
export const AUTO_LAYER = 'auto';

/** The method that is made at a layer, besides MIM. */
const AT_LAYER = gradCam.name;

/** Names of all methods. */
export const METHOD_NAMES: readonly string[] = [...METHODS.map(({ name }) => name), LAYERED_METHOD];

/** Classes listed of an input, at most. */
const LISTED_CLASSES = 10;

/** What is explained, and how. */
export interface AttributeRequest {
  readonly runtime: Runtime;
  readonly model: Model;
  readonly inputs: readonly Input[];
  /** Of pixels; floats are taken as they are. */
  readonly normalization: Normalization;
  readonly methods: readonly string[];
  /** `predicted`, `true`, a class name or number. */
  readonly target: string;
  readonly settings: AttributionSettings;
  /** For Grad-CAM and MIM, by name; the method's own choice where it is left out, or `auto`. */
  readonly layers?: readonly string[] | undefined;
  readonly layered: LayeredSettings;
  /** What MIM compares with, and how many of its examples at most. */
  readonly data?: Dataset | undefined;
  readonly mostExamples: number;
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
}

/** What came out. */
export interface AttributeOutcome {
  readonly classNames: readonly string[];
  /** One entry an input and method, inputs in their order. */
  readonly queries: readonly AttributeQuery[];
  /** The arrays that the entries name. */
  readonly arrays: ReadonlyMap<string, FloatArray>;
}

/** A method on a layer of its own, where it has one. */
interface Task {
  readonly method: Method;
  readonly layer?: string | undefined;
  /** Name of the files, without their ending. */
  readonly file: string;
}

/**
 * Explains inputs.
 * @throws InputError for an unknown method, class or layer, for inputs that do not fit, and listing every operator that a
 *   method has no rule for, before anything is computed
 */
export async function attribute(request: AttributeRequest): Promise<AttributeOutcome> {
  const { runtime, inputs, methods, data } = request;
  const plain = methods.filter((name) => name !== LAYERED_METHOD).map(methodNamed);
  const isLayered = methods.includes(LAYERED_METHOD);
  if (isLayered && !data) {
    throw new InputError('--method mim compares with the activations of a data set; name one with --data');
  }
  const layers = chosenLayers(request);
  const model = takesChannelsLast(request.model, inputs[0]!.shape) ? channelsFirst(request.model) : request.model;
  const dims = inputDims(model, inputs);
  const explained = await explainedModel(model, runtime, dims);
  const settings = withBounds(request, dims);
  const opened: { task: Task; open: OpenMethod }[] = [];
  try {
    for (const task of tasksOf(plain, layers)) {
      const { method, layer } = task;
      opened.push({ task, open: await method.open({ runtime, explained, settings: { ...settings, layer } }) });
    }
    if (isLayered) explainableLayers(explained, layers);
    const classNames = classNamesOf(request, explained);
    const described = await describeInputs(request, explained, classNames);
    const examples = described.map(({ example }) => example);
    const found = new Map<Task, Attribution[]>();
    for (const [done, { task, open }] of opened.entries()) {
      request.onProgress?.(done, opened.length, task.method.name);
      found.set(task, await open.attribute(examples));
    }
    const layered = isLayered ? await layer({ ...request, layers }, explained, examples) : undefined;
    return assemble(described, found, layered, { classNames, kernel: request.layered.kernel, explained });
  } finally {
    for (const { open } of opened) await open.release();
  }
}

/** Layers by name; undefined leaves the choice to the methods. @throws InputError where no method is made at a layer */
function chosenLayers({ layers, methods }: AttributeRequest): readonly string[] | undefined {
  if (layers && !methods.some((name) => name === AT_LAYER || name === LAYERED_METHOD)) {
    throw new InputError(
      `--layer ${layers.join(',')}: ${methods.join(', ')} explains the input alone; ` +
        `leave it out, or choose --method ${AT_LAYER} or ${LAYERED_METHOD}`,
    );
  }
  return layers?.join() === AUTO_LAYER ? undefined : layers;
}

/** The dimensions that inputs are fed under: one for all of them. */
function inputDims(model: Model, inputs: readonly Input[]): number[] {
  const shape = inputOf(model).type?.tensorType?.shape?.dim;
  const wanted = shape?.slice(1).map(({ dimValue }) => toNumber(dimValue) || null);
  const [first, ...others] = inputs.map(({ name, shape: have }) => ({
    name,
    dims: wanted ? exampleDims(name, have, wanted) : [...have],
  }));
  const other = others.find(({ dims }) => dims.join() !== first!.dims.join());
  if (other) {
    throw new InputError(
      `${other.name}: is [${other.dims.join(', ')}], but ${first!.name} is [${first!.dims.join(', ')}]; ` +
        'explain inputs of different sizes one by one, or give --resize',
    );
  }
  return first!.dims;
}

/** Bounds of the input for z^B: those of pixels after normalisation, or of the inputs at hand. */
function withBounds({ settings, inputs, normalization }: AttributeRequest, dims: readonly number[]) {
  const { low, high } = settings.bounds;
  if (low.length > 0 && high.length > 0) return checked(settings, dims);
  const pixels = inputs.every(({ data }) => data instanceof Uint8Array);
  const bounds = pixels ? pixelBounds(normalization) : extremes(inputs);
  const given = { low: low.length > 0 ? low : bounds.low, high: high.length > 0 ? high : bounds.high };
  return checked({ ...settings, bounds: given }, dims);
}

function checked(settings: AttributionSettings, [channels]: readonly number[]): AttributionSettings {
  for (const [flag, values] of Object.entries(settings.bounds)) {
    if (values.length !== 1 && values.length !== channels) {
      const most = channels === 1 || channels === undefined ? '1' : `1 or ${channels} (channels)`;
      throw new InputError(`--${flag}: ${values.length} numbers, expected ${most}`);
    }
  }
  return settings;
}

/** What black and white pixels become. */
export function pixelBounds({ mean, std }: Normalization): { low: number[]; high: number[] } {
  const channels = Math.max(mean.length, std.length);
  const at = (values: readonly number[], c: number) => values[values.length === 1 ? 0 : c]!;
  const of = (pixel: number) => Array.from({ length: channels }, (_, c) => (pixel - at(mean, c)) / at(std, c));
  return { low: of(0), high: of(1) };
}

function extremes(inputs: readonly Input[]): { low: number[]; high: number[] } {
  let [low, high] = [Infinity, -Infinity];
  for (const { data } of inputs) {
    for (const value of data) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { low: [low], high: [high] };
}

/** Grad-CAM is made once for each layer asked for. */
function tasksOf(methods: readonly Method[], layers: readonly string[] | undefined): Task[] {
  const tasks = methods.flatMap((method) => {
    const chosen = method.name === AT_LAYER && layers ? layers : [undefined];
    return chosen.map((layer) => ({
      method,
      layer,
      name: layer === undefined ? method.name : `${method.name}-${layer}`,
    }));
  });
  const files = folderNames(tasks.map(({ name }) => name));
  return tasks.map(({ method, layer }, i) => ({ method, layer, file: files[i]! }));
}

function classNamesOf({ inputs, data }: AttributeRequest, { classes }: ExplainedModel): readonly string[] {
  const known = [data?.classNames, ...inputs.map(({ classNames }) => classNames)];
  const fitting = known.find((names) => names?.length === classes);
  return fitting ?? Array.from({ length: classes }, (_, i) => String(i));
}

/** An input, described and ready to be explained. */
interface Described {
  readonly example: Example;
  readonly facts: Pick<AttributeQuery, 'input' | 'index' | 'predicted' | 'truth' | 'topClasses' | 'target'>;
}

async function describeInputs(
  { runtime, inputs, normalization, target: wanted }: AttributeRequest,
  { model, input, scores, classes }: ExplainedModel,
  classNames: readonly string[],
): Promise<Described[]> {
  const xs = inputs.map(({ data, shape, name }) => finite(normalize(data, shape, normalization), name));
  const activations = await openActivations(model, runtime, [scores]);
  try {
    const feeds = xs.map((x) => ({ [input.name]: float32(x, [1, ...input.dims]) }));
    const found = await activations.of(scores, feeds);
    return inputs.map((each, index) => {
      const named = probabilitiesOf(found[index]!.data as Float32Array).map((entry) => ({
        ...entry,
        label: classNames[entry.class]!,
      }));
      const predicted = named[0]!;
      // Another data set's class numbers mean nothing here.
      const truth = each.classNames?.join('\n') === classNames.join('\n') ? each.label : undefined;
      const question = { wanted, predicted: predicted.class, truth, input: each.name };
      const target = targetClass(question, classNames, classes);
      return {
        example: { x: xs[index]!, target, index },
        facts: {
          input: each.name,
          index,
          predicted,
          ...(truth === undefined ? {} : { truth: { class: truth, label: classNames[truth]! } }),
          topClasses: named.slice(0, LISTED_CLASSES),
          target: { class: target, label: classNames[target]! },
        },
      };
    });
  } finally {
    await activations.release();
  }
}

function finite(x: Float32Array, name: string): Float32Array {
  const place = x.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return x;
  throw new InputError(`${name}: element ${place} is not a finite number; replace it`);
}

async function layer(
  { runtime, layered, layers, data, normalization, mostExamples, onProgress }: AttributeRequest,
  explained: ExplainedModel,
  examples: readonly Example[],
): Promise<LayeredExplanation> {
  const source = exampleSource(data!, normalization, explained.input.dims, mostExamples);
  return layeredExplanation({
    runtime,
    explained,
    settings: { ...layered, layers },
    data: source,
    examples,
    onProgress,
  });
}

/** Examples of a data set as the model takes them: all, or some spread evenly over it. */
export function exampleSource(
  data: Dataset,
  normalization: Normalization,
  dims: readonly number[],
  most: number,
): ExampleSource {
  const fed = exampleDims(data.spec, data.shape, dims);
  if (fed.join() !== dims.join()) throw new Error('internal: examples fit under other dimensions');
  const count = Math.min(data.length, most);
  return {
    count,
    rows: async (from, to) => {
      const indices = Int32Array.from({ length: to - from }, (_, i) => Math.floor(((from + i) * data.length) / count));
      return normalize(await data.examples(indices), data.shape, normalization);
    },
  };
}

function assemble(
  described: readonly Described[],
  found: ReadonlyMap<Task, readonly Attribution[]>,
  layered: LayeredExplanation | undefined,
  { classNames, kernel, explained }: { classNames: readonly string[]; kernel: string; explained: ExplainedModel },
): AttributeOutcome {
  const arrays = new Map<string, FloatArray>();
  const queries = described.flatMap(({ facts }, i): AttributeQuery[] => {
    const entry = (method: string, name: string, attribution: Attribution): AttributeQuery => {
      const { map, shape, output, expected, steps, ledger } = attribution;
      const file = `query-${i}/${name}.npy`;
      arrays.set(file, { shape, data: map });
      const sum = map.reduce((total, value) => total + value, 0);
      return {
        ...facts,
        method,
        ...(attribution.layer === undefined ? {} : { layer: attribution.layer }),
        sum,
        output,
        ...(expected === undefined ? {} : { expected }),
        conservationError:
          expected === undefined ? null : Math.abs(expected - sum) / Math.max(Math.abs(expected), Number.EPSILON),
        shape: [...shape],
        file,
        ...(steps === undefined ? {} : { steps }),
        ...(ledger ? { ledger: [...ledger] } : {}),
      };
    };
    const entries = [...found].map(([{ method, file }, attributions]) => entry(method.name, file, attributions[i]!));
    if (layered) {
      const folder = `query-${i}/${LAYERED_METHOD}`;
      const { attribution, description, files } = describeLayered(layered, i, { folder, kernel, explained });
      for (const [file, array] of files) arrays.set(file, array);
      entries.push({ ...entry(LAYERED_METHOD, LAYERED_METHOD, attribution), layered: description });
    }
    return entries;
  });
  return { classNames, queries, arrays };
}
