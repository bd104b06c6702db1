/** Constants in a graph that hold the exporter's batch size, and what takes their place when the batch is free. */
import { intAttribute } from '../../onnx/attributes.js';
import { feedsOf, graphOf, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { elementCount, int64, toNumbers, type Tensor } from '../../tensor.js';
import { makeNode, type Attributes } from '../builder.js';
import { valuesDependingOn } from '../reachable.js';
import { nameMaker } from '../rewrite.js';
import type { Values } from '../values.js';
import { table } from '../../table.js';

/** What the change of one node needs. */
interface Change {
  readonly node: Node;
  /** The exporter's batch size. */
  readonly size: number;
  /** Whether a value depends on the inputs. */
  readonly isComputed: (value: string) => boolean;
  readonly values: Values;
  /** Computes a shape: its first entry as a multiple of the batch, the rest as they are. */
  readonly shapeWithBatch: (entries: readonly number[]) => string;
  /** A constant under a new name. */
  readonly constant: (tensor: Tensor, hint: string) => string;
  /** Adds a node before this one. */
  readonly before: (op: string, inputs: readonly string[], hint: string, attributes?: Attributes) => string;
}

/** Operators that may hold the batch size in a constant. To support another: a line here. */
const CHANGES = table<(change: Change) => void>({
  Reshape: reshape,
  Expand: (change) => {
    expandNumber(change);
    followInShape(change, 1);
  },
  ConstantOfShape: (change) => followInShape(change, 0),
  Resize: (change) => followInShape(change, 3),
  Concat: repeatConstants,
  Add: takeFirstRow,
  Sub: takeFirstRow,
  Mul: takeFirstRow,
  Div: takeFirstRow,
  Where: takeFirstRow,
  Gather: takeFirstIndices,
  LSTM: dropZeroStates,
  GRU: dropZeroStates,
  RNN: dropZeroStates,
});

/**
 * Makes the constants that hold the exporter's batch size follow the batch, in place.
 * @param values types, dimensions and constants of the model at that size
 * @param size the exporter's batch size
 * @param feed the input whose first dimension is the batch
 */
export function followBatch(model: Model, values: Values, size: number, feed: string): void {
  const graph = graphOf(model);
  const computed = valuesDependingOn(
    graph.node,
    feedsOf(graph).map(({ name }) => name),
  );
  const fresh = nameMaker(model);
  const batchSize = fresh('batch_size');
  let batchIsRead = false;
  graph.node = graph.node.flatMap((node) => {
    const change = CHANGES[node.opType];
    if (!change) return [node];
    const added: Node[] = [];
    const constant = (tensor: Tensor, hint: string) => {
      const name = fresh(`${node.output[0]}_${hint}`);
      graph.initializer.push(encodeTensor(name, tensor));
      return name;
    };
    const before = (op: string, inputs: readonly string[], hint: string, attributes: Attributes = {}) => {
      const name = fresh(`${node.output[0]}_${hint}`);
      added.push(makeNode(op, inputs, [name], attributes));
      return name;
    };
    const shapeWithBatch = ([first, ...rest]: readonly number[]) => {
      batchIsRead = true;
      const multiple = first! / size;
      const entry =
        multiple === 1 ? batchSize : before('Mul', [batchSize, constant(int64([multiple]), 'multiple')], 'first');
      return before('Concat', [entry, constant(int64(rest), 'rest')], 'shape', { axis: 0 });
    };
    const isComputed = (value: string) => computed.has(value);
    change({ node, size, values, isComputed, constant, before, shapeWithBatch });
    return [...added, node];
  });
  if (batchIsRead) graph.node.unshift(makeNode('Shape', [feed], [batchSize], { start: 0, end: 1 }));
}

function reshape({ node, size, isComputed, values, shapeWithBatch, constant }: Change): void {
  const [data, shape] = [node.input[0]!, node.input[1] ?? ''];
  const target = values.constant(shape);
  if (!target || !isComputed(data)) return;
  const entries = toNumbers(target);
  if (intAttribute(node, 'allowzero', 0) === 1) {
    if (entries.includes(0)) return;
    // PyTorch's exporter sets it always; without a 0 in the target it says nothing, and one may be put there.
    node.attribute = node.attribute.filter(({ name }) => name !== 'allowzero');
  }
  const { dims } = values.of(data);
  const place = batchEntry(dims as number[], entries, size);
  const entry = entries[place] ?? 0;
  if (entry <= 0 || entry % size !== 0) return;
  const open = (value: number) => entries.map((other, i) => (i === place ? value : other));
  if (!entries.includes(-1)) node.input[1] = constant(int64(open(-1)), 'shape');
  // 0 keeps the dimension of the data.
  else if (dims[place] === entry) node.input[1] = constant(int64(open(0)), 'shape');
  else if (place === 0) node.input[1] = shapeWithBatch(entries);
}

/**
 * Which entry of a target shape holds the batch. It stands first, unless neither the data nor the target begins with it:
 * then (sequence first, as in PyTorch's own attention and recurrent layers) it is where as many elements lie before it as
 * in the data, by itself or merged with what follows; a target of fewer dimensions merges it with what comes before.
 */
function batchEntry(dims: readonly number[], entries: readonly number[], size: number): number {
  const axis = dims.indexOf(size);
  if (axis === 0 || entries[0] === size || entries.some((entry) => entry <= 0)) return 0;
  const upTo = (k: number) => elementCount(entries.slice(0, k + 1));
  // Merged with the first dimension, it comes out of it again.
  const apart = entries.findIndex((entry, k) => k > 0 && entry === size && upTo(k) === dims[0]);
  if (apart > 0 || axis < 0) return Math.max(0, apart);
  const before = elementCount(dims.slice(0, axis));
  const standsAt = (k: number) => elementCount(entries.slice(0, k)) === before;
  const exact = entries.findIndex((entry, k) => entry === size && standsAt(k));
  if (exact >= 0) return exact;
  const merged = entries.findIndex((_, k) => upTo(k) === before * size);
  const own = entries.findIndex((_, k) => standsAt(k));
  return Math.max(0, entries.length < dims.length && merged >= 0 ? merged : own);
}

/** A target shape that begins with the batch size. */
function followInShape({ node, size, isComputed, values, shapeWithBatch }: Change, operand: number): void {
  const shape = node.input[operand] ?? '';
  const target = values.constant(shape);
  if (!target) return;
  const entries = toNumbers(target);
  // A 1 in the shape of an Expand of something computed keeps what is there.
  const keeps = node.opType === 'Expand' && size === 1 && isComputed(node.input[0]!);
  if (entries[0] === size && !keeps) node.input[operand] = shapeWithBatch(entries);
}

/** A constant of one and the same number (zeros as a first state, say) is expanded from that number alone. */
function expandNumber({ node, size, isComputed, values, constant }: Change): void {
  const tensor = values.constant(node.input[0]!);
  if (!tensor?.dims.includes(size) || !isComputed(node.input[1]!)) return;
  const data = tensor.data as Float32Array;
  if (!data.every((value) => value === data[0])) return;
  node.input[0] = constant(
    { ...tensor, dims: tensor.dims.map(() => 1), data: data.slice(0, 1) as Tensor['data'] },
    'number',
  );
}

/** Constants that are joined to something computed (a class token) are repeated for each example. */
function repeatConstants({ node, size, isComputed, values, shapeWithBatch, constant, before }: Change): void {
  const rank = values.of(node.output[0]!).dims.length;
  const axis = (intAttribute(node, 'axis', 0) + rank) % rank;
  if (axis === 0 || !node.input.some(isComputed)) return;
  node.input = node.input.map((name) => {
    const tensor = values.constant(name);
    if (tensor?.dims[0] !== size) return name;
    const row = firstRowIfAlike(tensor);
    if (!row) return name;
    return before('Expand', [constant(row, 'row'), shapeWithBatch(tensor.dims)], 'repeated');
  });
}

/** A constant that was repeated for each example is broadcast instead. */
function takeFirstRow({ node, size, isComputed, values, constant }: Change): void {
  if (size === 1 || !node.input.some(isComputed)) return;
  const rank = values.of(node.output[0]!).dims.length;
  node.input = node.input.map((name) => {
    const tensor = values.constant(name);
    const row = tensor?.dims.length === rank && tensor.dims[0] === size ? firstRowIfAlike(tensor) : undefined;
    return row ? constant(row, 'row') : name;
  });
}

/** Rows of a weight that are picked alike for each example (kinds of tokens, positions) are picked once, and broadcast. */
function takeFirstIndices({ node, size, isComputed, values, constant }: Change): void {
  const [data, indices] = node.input as [string, string];
  const tensor = values.constant(indices);
  if (size === 1 || isComputed(data) || tensor?.dims[0] !== size || tensor.dims.length < 2) return;
  const row = firstRowIfAlike(tensor);
  if (row) node.input[1] = constant(row, 'indices');
}

/** Initial states of nothing but zeros are the default, which fits any batch. */
function dropZeroStates({ node, values }: Change): void {
  for (const operand of [5, 6]) {
    const state = values.constant(node.input[operand] ?? '');
    if (state && toNumbers(state).every((value) => value === 0)) node.input[operand] = '';
  }
}

/** The first row of a tensor all of whose rows are alike. */
function firstRowIfAlike(tensor: Tensor): Tensor | undefined {
  const [rows, ...rest] = tensor.dims as [number, ...number[]];
  const size = elementCount(rest);
  const data = tensor.data as Float32Array;
  const alike = data.every((value, i) => value === data[i % size]);
  return alike && rows > 0 ? { ...tensor, dims: [1, ...rest], data: data.slice(0, size) as Tensor['data'] } : undefined;
}
