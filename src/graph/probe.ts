/** Running a model on zeros to see what follows the batch size. */
import { InputError, ModelRefused } from '../errors.js';
import { encodeModel } from '../onnx/codec.js';
import { allocate } from '../onnx/element-type.js';
import type { Model } from '../onnx/model.js';
import type { Runtime, Session, ValueMetadata } from '../runtime/runtime.js';
import { elementCount, type ElementType, type Tensor } from '../tensor.js';
import type { Dim } from './builder.js';

/** The name of the dimension along which examples are stacked. */
export const BATCH = 'batch';

/** Two sizes of the batch suffice to tell what is fixed from what follows the batch. */
export const PROBES = [2, 3] as const;

/** What the runs showed. */
export interface Probed {
  /** Element types of the inputs and outputs. */
  readonly types: ReadonlyMap<string, ElementType>;
  /** Dimensions of the inputs, the free one called `batch`. */
  readonly feedDims: ReadonlyMap<string, readonly Dim[]>;
  /** The wanted outputs at each of PROBES. */
  readonly runs: readonly Readonly<Record<string, Tensor>>[];
}

/**
 * Runs a model on zeros at two batch sizes.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @param wanted which outputs to compute
 * @throws InputError when ONNX Runtime refuses the model or inputs of these dimensions, or a free dimension is not given
 */
export async function probe(
  model: Model,
  runtime: Runtime,
  exampleDims: Readonly<Record<string, readonly number[]>>,
  wanted: (output: string) => boolean,
): Promise<Probed> {
  const session = await runtime.createSession(encodeModel(model), { optimization: 'disabled' });
  try {
    const types = new Map([...session.inputs, ...session.outputs].map(({ name, type }) => [name, type]));
    const feedDims = new Map(session.inputs.map((input) => [input.name, dimsOfFeed(input, exampleDims[input.name])]));
    const fetches = session.outputs.map(({ name }) => name).filter(wanted);
    const runs: Record<string, Tensor>[] = [];
    for (const batch of PROBES) {
      const feeds = Object.fromEntries(
        session.inputs.map(({ name, type }) => {
          const dims = feedDims.get(name)!.map((dim) => (typeof dim === 'number' ? dim : batch));
          return [name, zeros(name, type, dims)];
        }),
      );
      runs.push(await run(session, feeds, fetches));
    }
    return { types, feedDims, runs };
  } finally {
    await session.release();
  }
}

function dimsOfFeed({ name, shape }: ValueMetadata, given: readonly number[] | undefined): Dim[] {
  return shape.map((dim, axis) => {
    if (typeof dim === 'number' && dim >= 0) return dim;
    if (axis === 0) return BATCH;
    const size = given?.[axis - 1];
    if (size === undefined) {
      throw new InputError(`input "${name}": dimension ${axis} ("${dim}") is open; data of a fixed shape is needed`);
    }
    return size;
  });
}

/** Larger examples than these are a mistake in the model, and would take the machine's memory. */
const LARGEST_FEED = 2 ** 28;

function zeros(name: string, type: ElementType, dims: readonly number[]): Tensor {
  const count = elementCount(dims);
  if (count > LARGEST_FEED) {
    throw new InputError(
      `input "${name}" of shape [${dims.join(', ')}] has ${count} elements; no example is that large`,
    );
  }
  return { type, dims, data: allocate(type, count) };
}

async function run(session: Session, feeds: Record<string, Tensor>, fetches: readonly string[]) {
  try {
    return await session.run(feeds, fetches);
  } catch (error) {
    const fed = Object.entries(feeds).map(([name, { dims }]) => `${name} [${dims.join(', ')}]`);
    const reason = (error as Error).message.replace(/\s+/g, ' ').trim();
    throw new ModelRefused(`the model cannot be run on ${fed.join(', ')}: ${reason}`, { cause: error });
  }
}
