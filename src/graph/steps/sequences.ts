/** What each step of a loop is given, as sequences that a Scan takes items from. */
import { intAttribute } from '../../onnx/attributes.js';
import { allocate } from '../../onnx/element-type.js';
import type { Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { toNumbers, type Tensor } from '../../tensor.js';
import type { Sequence } from '../scan.js';
import type { Given, Repetition } from './repetition.js';
import { changeAxis, complete, fromFront, type Rolling } from './rolling.js';

/** What each step is given, as a sequence. */
export interface GivenSequence {
  readonly sequence: Sequence;
  /** The item, as the body takes it. */
  readonly item: string;
  /** What makes the item the value that a step reads. */
  readonly before: readonly Node[];
  readonly value: string;
  /** What the second step calls that. */
  readonly second: string;
}

/** The sequence of what each step is given; undefined where there is none. */
export function sequenceOf(given: Given, count: number, rolling: Rolling): GivenSequence | undefined {
  return piecesOf(given, count, rolling) ?? storedOf(given, rolling);
}

/** Pieces that a value was cut into, one for each step. */
function piecesOf(given: Given, count: number, rolling: Rolling): GivenSequence | undefined {
  const { producer, values, fresh, added } = rolling;
  const split = producer.get(given[0]!);
  if (split?.opType !== 'Split' || split.output.length !== count) return undefined;
  const reversed = given[0] !== split.output[0];
  if (!given.every((name, i) => name === split.output[reversed ? count - 1 - i : i])) return undefined;
  const second = given[1]!;
  const { type, dims } = values.of(second);
  const axis = fromFront(intAttribute(split, 'axis', 0), dims.length);
  if (dims[axis] !== 1) return undefined;
  const item = fresh(`${second}/item`);
  const value = fresh(`${second}/piece`);
  added.set(item, { type, dims: dims.filter((_, i) => i !== axis) });
  added.set(value, { type, dims });
  const raise = changeAxis('Unsqueeze', item, axis, value, rolling);
  return { sequence: { value: split.input[0]!, axis, reversed }, item, before: [raise], value, second };
}

/**
 * The nodes of a step that pick the item at its number, or at its number from the end, from a value that all steps read:
 * what takes the place of each.
 */
export function picks({ count, step, states, given }: Repetition, rolling: Rolling): Map<Node, GivenSequence> {
  const { values } = rolling;
  const ownValues = new Set([
    ...states.map(({ first }) => first),
    ...given.map((each) => each[1]!),
    ...step.flatMap(({ output }) => output),
  ]);
  const numbers = new Map(
    given.map((each) => [each[1]!, each.map((name) => values.constant(name)).map((at) => at && scalarOf(at))]),
  );
  const found = new Map<Node, GivenSequence>();
  for (const node of step) {
    const [value = '', index = ''] = node.input;
    const at = numbers.get(index);
    if (node.opType !== 'Gather' || !at || ownValues.has(value) || !values.has(value)) continue;
    const { dims } = values.of(value);
    const axis = fromFront(intAttribute(node, 'axis', 0), dims.length);
    const reversed = at[0] !== 0;
    if (dims[axis] !== count || !at.every((place, i) => place === (reversed ? count - 1 - i : i))) continue;
    const item = node.output[0]!;
    found.set(node, { sequence: { value, axis, reversed }, item, before: [], value: item, second: item });
  }
  return found;
}

const scalarOf = (tensor: Tensor) => (tensor.dims.length === 0 ? toNumbers(tensor)[0] : undefined);

/** Whether constants of several names are one, so that all steps may read that of the second. */
export function isOneConstant(given: Given, { values, learned }: Rolling): boolean {
  const [first, ...others] = given.map((name) => (learned.has(name) ? undefined : values.constant(name)));
  const isEqual = (tensor: Tensor | undefined) =>
    tensor?.type === first?.type &&
    tensor?.dims.join() === first?.dims.join() &&
    tensor?.data.join() === first?.data.join();
  return first !== undefined && others.every(isEqual);
}

/** Constants, which are stacked up. */
function storedOf(given: Given, { values, fresh, added, constants, learned }: Rolling): GivenSequence | undefined {
  const tensors = complete(given.map((name) => values.constant(name)));
  const first = tensors?.[0];
  if (!tensors || !first || first.type === 'string' || given.some((name) => learned.has(name))) return undefined;
  if (tensors.some(({ type, dims }) => type !== first.type || dims.join() !== first.dims.join())) return undefined;
  const second = given[1]!;
  const item = fresh(`${second}/item`);
  const stack = fresh(`${second}/all`);
  const size = first.data.length;
  const data = allocate(first.type, size * tensors.length);
  tensors.forEach((tensor, i) => data.set(tensor.data as never, i * size));
  constants.push(encodeTensor(stack, { type: first.type, dims: [tensors.length, ...first.dims], data }));
  added.set(item, { type: first.type, dims: first.dims });
  return { sequence: { value: stack, axis: 0, reversed: false }, item, before: [], value: item, second };
}
