/**
 * What ends a classifier: which value its probabilities are computed from, and how.
 *
 * Exporters write the end of a model in many ways: a Softmax behind or before a Flatten, written out in Exp and ReduceSum,
 * as Exp of LogSoftmax, clipped, squeezed, as the pair 1 − σ(s) and σ(s). Instead of a list of these, the end is found by
 * running it: whatever part of the graph leads from a value z alone to the output, without weights of its own, is fed
 * with numbers, and is a softmax if it gives what a softmax gives.
 */
import { fixedBatch, rowsOf } from '../graph/batch.js';
import { valueInfo } from '../graph/builder.js';
import type { Values } from '../graph/values.js';
import { BATCH } from '../graph/values.js';
import { encodeModel, makeModel } from '../onnx/codec.js';
import { isFloatTensor } from '../onnx/element-type.js';
import { graphOf, onnx, opsetOf, type Model, type Node, type ValueInfo } from '../onnx/model.js';
import { dimsOf } from '../onnx/tensor-proto.js';
import { valuesReadBy } from '../onnx/validate.js';
import { sigmoid } from '../numeric/probabilities.js';
import { seededRandom } from '../numeric/random.js';
import type { Runtime } from '../runtime/runtime.js';
import { elementCount, float32, toNumbers } from '../tensor.js';

/** How scores become what the model gives out: not at all, by a softmax over the classes, or by a sigmoid each. */
export type Activation = 'none' | 'softmax' | 'sigmoid';

/** The end of a model. */
export interface Ending {
  readonly activation: Activation;
  /** The value before it. */
  readonly value: string;
  /** Axis of the value that a softmax goes over; undefined where it goes over all elements of an example, or has none. */
  readonly axis?: number | undefined;
}

/** Operators that hand elements on as they are, in the same order. */
const VIEWS = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Cast', 'Dropout']);

/** Longer ends than this are no ends; written out, a softmax takes about five nodes. */
const MOST_NODES = 40;

/** Values of more elements than this an example are not run, for the sake of memory. */
const MOST_ELEMENTS = 2 ** 22;

/** Absolute, of a probability: float32 rounds at 1e-7, and exporters clip at 1e-7 to 1e-5. */
const TOLERANCE = 1e-4;

/** Rows of the trial, each of other numbers; as many as the batch has, where it is fixed. */
const ROWS = 3;

/**
 * Finds what ends a model at an output.
 * @param values of the model, which is prepared
 * @returns the output itself with activation `none` where it gives scores as they are
 */
export async function findEnding(model: Model, values: Values, output: string, runtime: Runtime): Promise<Ending> {
  let found: (Ending & { readonly views: readonly string[] }) | undefined;
  for (const { value, nodes, isView, readsNumbers } of candidates(model, values, output)) {
    // Beyond the scores a number that is added or multiplied may be a weight that happens to be 0 or 1.
    if (found && readsNumbers) break;
    const trial = await tryEnd(model, values, value, output, runtime, nodes);
    if (!trial) {
      if (found) break;
      continue;
    }
    found = { ...trial, value, views: found && isView ? [...found.views, value] : [value] };
  }
  if (!found) return { activation: 'none', value: output };
  // Of views of the same numbers, one that has a row for each example already.
  const flat = found.views.find((view) => values.of(view).dims.length === 2) ?? found.value;
  return { activation: found.activation, value: flat, axis: values.of(flat).dims.length === 2 ? 1 : found.axis };
}

interface EndingCandidate {
  /** Everything that the output depends on goes through this value. */
  readonly value: string;
  /** The nodes behind it. */
  readonly nodes: readonly Node[];
  /** Whether only views lie between it and the candidate before. */
  readonly isView: boolean;
  /** Whether the nodes between it and the candidate before read stored floats. */
  readonly readsNumbers: boolean;
}

/** The values that alone determine the output by nodes without weights, from the output backwards. */
function* candidates(model: Model, values: Values, output: string): Generator<EndingCandidate> {
  const graph = graphOf(model);
  const place = new Map<string, number>();
  graph.node.forEach((node, i) => node.output.forEach((name) => place.set(name, i)));
  const stored = new Map(graph.initializer.map((each) => [each.name, each]));
  const floats = (node: Node) =>
    valuesReadBy(node).flatMap((name) => {
      const each = stored.get(name);
      return each && isFloatTensor(each) ? [elementCount(dimsOf(each))] : [];
    });
  const rows = rowsOf(model);
  const tail: Node[] = [];
  let open = new Set([output]);
  let [isView, readsNumbers] = [true, false];
  while (tail.length < MOST_NODES) {
    const latest = [...open].reduce((a, b) => ((place.get(a) ?? -1) > (place.get(b) ?? -1) ? a : b));
    const at = place.get(latest);
    if (at === undefined) return;
    const node = graph.node[at]!;
    const numbers = floats(node);
    // One number is part of a formula; more are a weight.
    if (numbers.some((count) => count > 1)) return;
    isView &&= VIEWS.has(node.opType);
    readsNumbers ||= numbers.length > 0;
    tail.push(node);
    for (const name of node.output) open.delete(name);
    open = new Set([...open, ...valuesReadBy(node).filter((name) => !stored.has(name) && !isConstant(values, name))]);
    if (open.size !== 1) {
      if (open.size === 0) return;
      continue;
    }
    const [value] = open as unknown as [string];
    const known = values.has(value) ? values.of(value) : undefined;
    if (known?.type !== 'float32' || known.dims[0] !== rows) continue;
    yield { value, nodes: [...tail], isView, readsNumbers };
    [isView, readsNumbers] = [true, false];
  }
}

function isConstant(values: Values, name: string): boolean {
  return name === '' || values.constant(name) !== undefined;
}

/** Runs the nodes behind a value on made-up scores, and says which activation they amount to. */
async function tryEnd(
  model: Model,
  values: Values,
  value: string,
  output: string,
  runtime: Runtime,
  nodes: readonly Node[],
): Promise<Ending | undefined> {
  const dims = values.of(value).dims.slice(1);
  const given = values.of(output).dims.slice(1);
  if (![...dims, ...given].every((dim) => typeof dim === 'number')) return undefined;
  const sizes = dims as number[];
  const count = elementCount(sizes);
  const outputs = elementCount(given as number[]);
  if (count > MOST_ELEMENTS || count === 0 || !(outputs === count || (outputs === 2 && count === 1))) return undefined;
  if (nodes.every(({ opType }) => VIEWS.has(opType))) return undefined;
  const random = seededRandom(1);
  const rows = fixedBatch(model) ?? ROWS;
  const z = Float32Array.from({ length: rows * count }, () => 2 * random.normal());
  const part = tailOf(model, nodes, valueInfo(value, 'float32', [BATCH, ...sizes]), output);
  let found: Float64Array;
  try {
    const session = await runtime.createSession(encodeModel(part), { optimization: 'disabled' });
    try {
      const results = await session.run({ [value]: float32(z, [rows, ...sizes]) }, [output]);
      found = Float64Array.from(toNumbers(results[output]!));
    } finally {
      await session.release();
    }
  } catch {
    // What cannot be run by itself is not recognised.
    return undefined;
  }
  if (found.length !== rows * outputs) return undefined;
  return matching(z, sizes, found, value);
}

/** The nodes by themselves, with what is stored for them. */
function tailOf(model: Model, nodes: readonly Node[], input: ValueInfo, output: string): Model {
  const { initializer, node } = graphOf(model);
  const read = new Set(nodes.flatMap(valuesReadBy));
  const constants = node.filter((each) => each.opType === 'Constant' && each.output.some((name) => read.has(name)));
  const graph = new onnx.GraphProto({
    name: 'ending',
    node: [...constants, ...[...nodes].reverse()],
    initializer: initializer.filter(({ name }) => read.has(name)),
    input: [input],
    output: [new onnx.ValueInfoProto({ name: output })],
  });
  return makeModel(graph, opsetOf(model));
}

function matching(z: Float32Array, dims: readonly number[], found: Float64Array, value: string): Ending | undefined {
  // Logarithms of probabilities are told by their exponentials; a probability is never negative.
  const p = found.every((each) => each <= TOLERANCE) ? found.map(Math.exp) : found;
  const count = elementCount(dims);
  const agrees = (expected: ArrayLike<number>) =>
    expected.length === p.length && p.every((each, i) => Math.abs(each - expected[i]!) <= TOLERANCE);
  if (agrees(Array.from(z, sigmoid))) return { activation: 'sigmoid', value };
  if (count === 1) {
    const pair = Array.from(z).flatMap((score) => [1 - sigmoid(score), sigmoid(score)]);
    return agrees(pair) ? { activation: 'sigmoid', value } : undefined;
  }
  if (agrees(softmaxOver(z, count, 1))) return { activation: 'softmax', value };
  for (const [axis, size] of dims.entries()) {
    const inner = elementCount(dims.slice(axis + 1));
    if (size > 1 && agrees(softmaxOver(z, size, inner))) {
      return { activation: 'softmax', value, axis: axis + 1 };
    }
  }
  return undefined;
}

/** Softmax over the middle axis of [rows, size, inner]. */
function softmaxOver(z: Float32Array, size: number, inner: number): Float64Array {
  const result = new Float64Array(z.length);
  const rows = z.length / (size * inner);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inner; i++) {
      const at = (c: number) => (row * size + c) * inner + i;
      let highest = -Infinity;
      for (let c = 0; c < size; c++) highest = Math.max(highest, z[at(c)]!);
      let total = 0;
      for (let c = 0; c < size; c++) total += result[at(c)] = Math.exp(z[at(c)]! - highest);
      for (let c = 0; c < size; c++) result[at(c)]! /= total;
    }
  }
  return result;
}
