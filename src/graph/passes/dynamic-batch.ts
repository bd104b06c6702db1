/** Makes a fixed batch size free. */
import { InputError, oneLine } from '../../errors.js';
import { cloneModel, encodeModel } from '../../onnx/codec.js';
import { allocate } from '../../onnx/element-type.js';
import { feedsOf, graphOf, onnx, type Graph, type Model, type ValueInfo } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { seededRandom, type Random } from '../../numeric/random.js';
import { elementCount, toNumbers, type Tensor } from '../../tensor.js';
import { batchDimension, explainFixedBatch, firstDimension } from '../batch.js';
import { valueInfo } from '../builder.js';
import { dropDead } from '../drop-dead.js';
import type { ExampleDims } from '../example-dims.js';
import { graphsIn } from '../rewrite.js';
import { BATCH, inferValues, type Values, type ValueType } from '../values.js';
import { followBatch } from './follow-batch.js';

/**
 * The model with a free batch dimension. Constants that hold the exporter's batch size (target shapes, a class token)
 * are made to follow the batch, and the result is proven: shapes at two other sizes, and unlike rows together, by
 * themselves, and in the original model. A model whose inputs are free already is returned as it is; one that cannot be freed
 * (it computes across the batch, or in a way that is not understood) keeps its batch: see `fixedBatch`. The model must be
 * in our operator set (see `upgrade-opset.ts`).
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @throws InputError when the model cannot be run as it is
 */
export async function dynamicBatch(model: Model, runtime: Runtime, exampleDims: ExampleDims = {}): Promise<Model> {
  const size = batchDimension(graphOf(model));
  if (size === undefined) return model;

  const values = await inferValues(model, runtime, exampleDims);
  try {
    const freed = free(model, values, size);
    await prove(freed, model, size, runtime, exampleDims);
    return freed;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // ONNX Runtime refuses shapes that do not fit when it runs, which is the answer to the question asked here.
    const fixed = cloneModel(model);
    explainFixedBatch(fixed, oneLine(error));
    return fixed;
  }
}

/** The model as if its batch could be freed. */
function free(model: Model, values: Values, size: number): Model {
  const freed = cloneModel(model);
  const graph = graphOf(freed);
  const feeds = feedsOf(graph).filter((feed) => firstDimension(feed) === size);
  for (const feed of feeds) setFirstDim(feed);
  for (const each of graphsIn(graph)) each.valueInfo = [];
  for (const output of graph.output) undeclareShape(output);
  followBatch(freed, values, size, feeds[0]!.name);
  return dropDead(freed);
}

function setFirstDim({ type }: ValueInfo): void {
  type!.tensorType!.shape!.dim[0] = new onnx.TensorShapeProto.Dimension({ dimParam: BATCH });
}

function undeclareShape({ type }: ValueInfo): void {
  if (type?.tensorType) type.tensorType.shape = null;
}

/** Rows together may be summed in another order than by themselves; anything more is a mix of examples. */
const TOLERANCE = 1e-3;

/**
 * Runs the free model on twice the batch, and on one row, and the fixed one on each half.
 * @throws InputError unless every row comes out the same each time
 */
async function prove(
  free: Model,
  fixed: Model,
  size: number,
  runtime: Runtime,
  exampleDims: ExampleDims,
): Promise<void> {
  const values = await inferValues(free, runtime, exampleDims);
  const outputs = graphOf(free).output.filter(({ name }) => typeof values.of(name).dims[0] === 'string');
  if (outputs.length === 0) throw new InputError('no output follows the batch');

  const random = seededRandom(1);
  const feeds = feedsOf(graphOf(free)).map(({ name }) => ({ name, ...values.of(name) }));
  const all = new Map(feeds.map((feed) => [feed.name, unlikeRows(feed, 2 * size, random)]));
  const rows = (from: number, count: number) =>
    Object.fromEntries(
      feeds.map(({ name, dims }) => [name, dims[0] === BATCH ? rowsOf(all.get(name)!, from, count) : all.get(name)!]),
    );
  const names = outputs.map(({ name }) => name);
  const [first, second] = await run(fixed, runtime, [rows(0, size), rows(size, size)], names);
  const [together, alone] = await run(free, runtime, [rows(0, 2 * size), rows(size, 1)], names);
  for (const name of names) {
    const expected = [...toNumbers(first![name]!), ...toNumbers(second![name]!)];
    const length = expected.length / (2 * size);
    const agrees =
      agree(toNumbers(together![name]!), expected, length) &&
      agree(toNumbers(alone![name]!), expected.slice(size * length, (size + 1) * length), length);
    if (!agrees) throw new InputError(`output "${name}" of an example depends on the rest of its batch`);
    declare(graphOf(free), name, values);
  }
}

/** Whether numbers are the same up to rounding, measured by the largest of their own row of so many. */
function agree(actual: readonly number[], expected: readonly number[], length: number): boolean {
  if (actual.length !== expected.length) return false;
  const scales = Array.from({ length: Math.ceil(expected.length / length) }, (_, row) =>
    expected.slice(row * length, (row + 1) * length).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  );
  return actual.every((value, i) => {
    const scale = scales[Math.floor(i / length)]!;
    return Math.abs(value - expected[i]!) <= TOLERANCE * scale || Object.is(value, expected[i]);
  });
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

/**
 * How the rows differ, in turn: so much that what is taken over a batch (a mean, a range) is nothing like what is taken over
 * any one row, and so little that no activation is out of its depth.
 */
const SCALES = [1, 0.25, 2, 0.5, 1.5];
const OFFSETS = [0, 0.5, -0.5, 1, -1, 0.25, 2];
const SHARES = [0.5, 0.1, 0.9, 0.3];

/** Uniform numbers of another range in each row; whole numbers (token numbers, say) are 0 or 1, in another share of each. */
function unlikeRows({ type, dims }: ValueType, rows: number, random: Random): Tensor {
  const sizes = dims.map((dim) => (dim === BATCH ? rows : Number(dim)));
  const count = elementCount(sizes);
  const data = allocate(type, count) as Float32Array;
  if (type === 'string') return { type, dims: sizes, data };
  const isFloat = type === 'float32' || type === 'float64';
  const isBig = type === 'int64' || type === 'uint64';
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * sizes[0]!) / count);
    const value = isFloat
      ? OFFSETS[row % OFFSETS.length]! + SCALES[row % SCALES.length]! * random.uniform()
      : Number(random.uniform() < SHARES[row % SHARES.length]!);
    (data as ArrayLike<unknown> as unknown[])[i] = isBig ? BigInt(value) : value;
  }
  return { type, dims: sizes, data };
}

/** Some of the rows of a tensor. */
function rowsOf({ type, dims, data }: Tensor, from: number, count: number): Tensor {
  const size = data.length / dims[0]!;
  const part = data.slice(from * size, (from + count) * size) as Tensor['data'];
  return { type, dims: [count, ...dims.slice(1)], data: part };
}

function declare(graph: Graph, name: string, values: Values): void {
  const { type, dims } = values.of(name);
  graph.output = graph.output.map((output) => (output.name === name ? valueInfo(name, type, dims) : output));
}
