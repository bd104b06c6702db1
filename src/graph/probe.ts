/** Running a model on zeros to see what follows the batch size. */
import { InputError, ModelRefused, oneLine } from '../errors.js';
import { encodeModel } from '../onnx/codec.js';
import { allocate, describeElementType, elementTypeName } from '../onnx/element-type.js';
import { feedsOf, graphOf, toNumber, type Model, type onnx } from '../onnx/model.js';
import type { Runtime, Session } from '../runtime/runtime.js';
import { elementCount, type ElementType, type Tensor } from '../tensor.js';
import type { Dim } from './builder.js';
import type { ExampleDims } from './example-dims.js';
import { feedLargeWeights, type FedModel } from './fed-weights.js';
import { measureGraph, type MeasuredValue, type MeasuredGraph } from './measure.js';

/** The name of the dimension along which examples are stacked. */
export const BATCH = 'batch';

/** Two sizes of the batch suffice to tell what is fixed from what follows the batch. */
export const PROBES = [2, 3] as const;

/** What a model computed of zeros, at each size of the batch. */
export interface Runs {
  /** Element types of the inputs, and of the outputs that are tensors. */
  readonly types: ReadonlyMap<string, ElementType>;
  /** The wanted outputs of each run. */
  readonly runs: readonly Readonly<Record<string, Tensor>>[];
}

/** What the runs at each of PROBES showed. */
export interface Probed extends Runs {
  /** Dimensions of the inputs, the free one called `batch`. */
  readonly feedDims: ReadonlyMap<string, readonly Dim[]>;
}

/** An input: its element type, and its dimensions, the free one called `batch`. */
export interface FeedType {
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

/**
 * The inputs of a model, by name.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @throws InputError for one that is no tensor, or whose dimensions neither the model nor the caller knows
 */
export function feedTypes(model: Model, exampleDims: ExampleDims): Map<string, FeedType> {
  return new Map(
    feedsOf(graphOf(model)).map(({ name, type }) => {
      const element = elementTypeName(type?.tensorType?.elemType ?? 0);
      if (!element) {
        const what = type?.tensorType ? describeElementType(type.tensorType.elemType) : 'no tensor';
        throw new InputError(`input "${name}" is ${what}; export the model with tensors of numbers as its inputs`);
      }
      return [name, { type: element, dims: dimsOfFeed(name, type?.tensorType?.shape?.dim, exampleDims[name]) }];
    }),
  );
}

/** Larger examples than these are a mistake in the model, and would take the machine's memory. */
const LARGEST_EXAMPLE = 2 ** 26;

function dimsOfFeed(
  name: string,
  declared: readonly onnx.TensorShapeProto.Dimension[] | undefined,
  given: readonly number[] | undefined,
): Dim[] {
  const mend = 'give the shape of one example as `inputShape`';
  if (!declared) {
    if (!given) throw new InputError(`input "${name}": the model does not say its number of dimensions; ${mend}`);
    return [BATCH, ...given];
  }
  const dims = declared.map(({ dimValue, dimParam }, axis): Dim => {
    const size = toNumber(dimValue);
    if (size > 0 || (size === 0 && !dimParam && isSet(dimValue))) return size;
    if (axis === 0) return BATCH;
    const known = given?.[axis - 1];
    if (known === undefined) {
      throw new InputError(`input "${name}": dimension ${axis}${dimParam ? ` ("${dimParam}")` : ''} is open; ${mend}`);
    }
    return known;
  });
  const count = elementCount(dims.filter((dim) => typeof dim === 'number'));
  if (count > LARGEST_EXAMPLE) {
    throw new InputError(
      `input "${name}" of shape [${dims.join(', ')}] has ${count} elements; no example is that large`,
    );
  }
  return dims;
}

const isSet = (value: unknown) => value !== null && value !== undefined;

/** The sizes of inputs at one size of the batch. */
export function feedsAt(feeds: ReadonlyMap<string, FeedType>, batch: number): Map<string, MeasuredValue> {
  return new Map(
    [...feeds].map(([name, { type, dims }]) => [
      name,
      { type, dims: dims.map((dim) => (typeof dim === 'number' ? dim : batch)) },
    ]),
  );
}

/**
 * Measures a model, at the larger of the two batch sizes.
 * @throws InputError as `feedTypes` and `measure` do
 */
export function measureProbe(model: Model, runtime: Runtime, exampleDims: ExampleDims): Promise<MeasuredGraph> {
  return measureGraph(model, runtime, feedsAt(feedTypes(model, exampleDims), Math.max(...PROBES)));
}

/**
 * Runs a model on zeros at two batch sizes. It should have been measured: what it takes is not checked here.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @param wanted which outputs to compute
 * @throws InputError when ONNX Runtime refuses the model or inputs of these dimensions, or a free dimension is not given
 */
export async function probe(
  model: Model,
  runtime: Runtime,
  exampleDims: ExampleDims,
  wanted: (output: string) => boolean,
): Promise<Probed> {
  const feeds = feedTypes(model, exampleDims);
  const feedDims = new Map([...feeds].map(([name, { dims }]) => [name, dims]));
  const tensors = PROBES.map((batch) => zeroFeeds(feeds, batch));
  return { ...(await runOn(model, runtime, tensors, wanted)), feedDims };
}

/** Inputs of zeros at one size of the batch. */
export function zeroFeeds(feeds: ReadonlyMap<string, FeedType>, batch: number): Record<string, Tensor> {
  return Object.fromEntries([...feedsAt(feeds, batch)].map(([name, { type, dims }]) => [name, zeros(type, dims)]));
}

/**
 * Runs a model, as it is written, once on each of some sets of inputs.
 * @param wanted which outputs to compute
 * @param threads inside one operator; ONNX Runtime's default where it is left out
 * @throws ModelRefused when ONNX Runtime refuses the model or the inputs
 */
export async function runOn(
  model: Model,
  runtime: Runtime,
  inputs: readonly Record<string, Tensor>[],
  wanted: (output: string) => boolean,
  threads?: number,
): Promise<Runs> {
  const { model: loaded, weights } = feedLargeWeights(model, runtime);
  const session = await runtime.createSession(encodeModel(loaded), { optimization: 'disabled', threads });
  try {
    const types = new Map([...session.inputs, ...session.outputs].map(({ name, type }) => [name, type]));
    const fetches = session.outputs.map(({ name }) => name).filter(wanted);
    const runs: Record<string, Tensor>[] = [];
    for (const tensors of inputs) runs.push(await run(session, tensors, weights, fetches));
    return { types, runs };
  } finally {
    await session.release();
  }
}

function zeros(type: ElementType, dims: readonly number[]): Tensor {
  return { type, dims, data: allocate(type, elementCount(dims)) };
}

async function run(
  session: Session,
  feeds: Record<string, Tensor>,
  weights: FedModel['weights'],
  fetches: readonly string[],
) {
  try {
    return await session.run({ ...weights, ...feeds }, fetches);
  } catch (error) {
    const fed = Object.entries(feeds).map(([name, { dims }]) => `${name} [${dims.join(', ')}]`);
    throw new ModelRefused(`the model cannot be run on ${fed.join(', ')}: ${oneLine(error)}`, { cause: error });
  }
}
