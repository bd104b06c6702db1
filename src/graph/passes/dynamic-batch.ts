/** Makes a fixed batch size free. */
import { InputError } from '../../errors.js';
import { cloneModel, encodeModel } from '../../onnx/codec.js';
import { allocate } from '../../onnx/element-type.js';
import { feedsOf, graphOf, onnx, toNumber, type Graph, type Model, type ValueInfo } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { seededRandom } from '../../numeric/random.js';
import { elementCount, toNumbers, type ElementType, type Tensor } from '../../tensor.js';
import { valueInfo } from '../builder.js';
import { dropDead } from '../drop-dead.js';
import { followBatch } from './follow-batch.js';
import { graphsIn } from '../rewrite.js';
import { BATCH, inferValues, type Values } from '../values.js';

/**
 * The model with a free batch dimension. Constants that hold the exporter's batch size (target shapes, a class token)
 * are made to follow the batch, and the result is proven: shapes at two other sizes, and two different batches at once
 * against the original one after the other. A model whose inputs are free already is returned as it is. The model must be
 * in our operator set (see `upgrade-opset.ts`).
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @throws InputError when the model computes across the batch, or in a way that is not understood
 */
export async function dynamicBatch(
  model: Model,
  runtime: Runtime,
  exampleDims: Readonly<Record<string, readonly number[]>> = {},
): Promise<Model> {
  const size = fixedBatch(graphOf(model));
  if (size === undefined) return model;

  const values = await inferValues(model, runtime, exampleDims);
  const free = cloneModel(model);
  const graph = graphOf(free);
  const feeds = feedsOf(graph).filter((feed) => firstDim(feed) === size);
  for (const feed of feeds) setFirstDim(feed);
  for (const each of graphsIn(graph)) each.valueInfo = [];
  for (const output of graph.output) undeclareShape(output);
  followBatch(free, values, size, feeds[0]!.name);

  const proven = dropDead(free);
  try {
    await prove(proven, model, size, runtime, exampleDims);
  } catch (error) {
    // ONNX Runtime refuses shapes that do not fit when it runs, which is the answer to the question asked here.
    const reason = (error as Error).message.replace(/\s+/g, ' ').trim();
    throw new InputError(
      `the model's batch size is fixed at ${size} and could not be freed (${reason}); export it with a dynamic batch dimension`,
      { cause: error },
    );
  }
  return proven;
}

/** The first dimension of the first input, where it is a number. */
function fixedBatch(graph: Graph): number | undefined {
  return feedsOf(graph)
    .map(firstDim)
    .find((dim) => dim !== undefined);
}

function firstDim({ type }: ValueInfo): number | undefined {
  const dim = type?.tensorType?.shape?.dim[0];
  const size = dim && !dim.dimParam ? toNumber(dim.dimValue) : 0;
  return size > 0 ? size : undefined;
}

function setFirstDim({ type }: ValueInfo): void {
  type!.tensorType!.shape!.dim[0] = new onnx.TensorShapeProto.Dimension({ dimParam: BATCH });
}

function undeclareShape({ type }: ValueInfo): void {
  if (type?.tensorType) type.tensorType.shape = null;
}

/** Two batches at once may be summed in another order than one by one; anything more is a mix of examples. */
const TOLERANCE = 1e-3;

/** @throws InputError unless the free model at twice the batch gives what the fixed one gives for each half */
async function prove(
  free: Model,
  fixed: Model,
  size: number,
  runtime: Runtime,
  exampleDims: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const values = await inferValues(free, runtime, exampleDims);
  const outputs = graphOf(free).output.filter(({ name }) => typeof values.of(name).dims[0] === 'string');
  if (outputs.length === 0) throw new InputError('no output follows the batch');

  const feeds = feedsOf(graphOf(free)).map(({ name }) => ({ name, ...values.of(name) }));
  const random = seededRandom(1);
  const batchOf = () =>
    Object.fromEntries(
      feeds.map(({ name, type, dims }) => [
        name,
        randomTensor(
          type,
          dims.map((dim) => (dim === BATCH ? size : Number(dim))),
          () => random.uniform(),
        ),
      ]),
    );
  const halves = [batchOf(), batchOf()] as const;
  const both = Object.fromEntries(
    feeds.map(({ name, dims }) => [
      name,
      dims[0] === BATCH ? stacked(halves.map((half) => half[name]!)) : halves[0][name]!,
    ]),
  );
  const names = outputs.map(({ name }) => name);
  const [first, second] = await run(fixed, runtime, halves, names);
  const [together] = await run(free, runtime, [both], names);
  for (const name of names) {
    const expected = [...toNumbers(first![name]!), ...toNumbers(second![name]!)];
    const actual = toNumbers(together![name]!);
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const same =
      actual.length === expected.length &&
      actual.every((value, i) => Math.abs(value - expected[i]!) <= TOLERANCE * scale || Object.is(value, expected[i]));
    if (!same) throw new InputError(`output "${name}" of an example depends on the rest of its batch`);
    declare(graphOf(free), name, values);
  }
}

async function run(model: Model, runtime: Runtime, feeds: readonly Record<string, Tensor>[], names: readonly string[]) {
  const session = await runtime.createSession(encodeModel(model), { optimization: 'disabled' });
  try {
    const results: Record<string, Tensor>[] = [];
    for (const feed of feeds) results.push(await session.run(feed, names));
    return results;
  } finally {
    await session.release();
  }
}

/** Numbers from 0 to 1; whole numbers (token numbers, say) are 0 or 1. */
function randomTensor(type: ElementType, dims: readonly number[], uniform: () => number): Tensor {
  const data = allocate(type, elementCount(dims));
  if (type === 'float32' || type === 'float64') for (let i = 0; i < data.length; i++) data[i] = uniform();
  else if (type === 'int64' || type === 'uint64')
    for (let i = 0; i < data.length; i++) data[i] = BigInt(Math.round(uniform()));
  else if (type !== 'string') for (let i = 0; i < data.length; i++) data[i] = Math.round(uniform());
  return { type, dims, data };
}

function stacked(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as [Tensor];
  const dims = [first.dims[0]! * tensors.length, ...first.dims.slice(1)];
  const data = allocate(first.type, elementCount(dims)) as Float32Array;
  tensors.forEach((tensor, i) => data.set(tensor.data as Float32Array, i * first.data.length));
  return { type: first.type, dims, data };
}

function declare(graph: Graph, name: string, values: Values): void {
  const { type, dims } = values.of(name);
  graph.output = graph.output.map((output) => (output.name === name ? valueInfo(name, type, dims) : output));
}
