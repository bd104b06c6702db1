/**
 * Rolls up loops that were written out step by step. As a Scan they compute the same with the same weights, and ONNX Runtime
 * loads them in no time, which it does not where there are thousands of nodes.
 */
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, onnx, type Graph, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { intAttribute } from '../../onnx/attributes.js';
import { allocate } from '../../onnx/element-type.js';
import { int64, type Tensor } from '../../tensor.js';
import { makeNode, valueInfo, type Attributes, type Dim } from '../builder.js';
import { dropDead } from '../drop-dead.js';
import { nameMaker, type NameMaker } from '../rewrite.js';
import { isScan, makeScan, scanOf, type Sequence } from '../scan.js';
import { joinValues, valuesOf, type Values, type ValueType } from '../values.js';
import { repetitionOf, stepsOf, type Given, type Repetition, type Stacked, type State } from './repetition.js';

/** A model, and what is known of its values. */
export interface KnownModel {
  readonly model: Model;
  readonly values: Values;
}

/** Fewer steps than this stay as they are: there a graph is small, and starting a step costs more than the step. */
const FEWEST_STEPS = 8;

/**
 * The model with each loop whose steps are marked (see `step-mark.ts`), and are alike, as a Scan. Weights and all values
 * outside of the steps keep their names.
 */
export function rollUp(known: KnownModel): KnownModel {
  const loops = stepsOf(graphOf(known.model)).filter((steps) => steps.length >= FEWEST_STEPS);
  if (loops.length === 0) return known;
  const model = cloneModel(known.model);
  const graph = graphOf(model);
  const rolling: Rolling = {
    graph,
    fresh: nameMaker(model),
    values: known.values,
    producer: new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const))),
    added: new Map(),
    constants: [],
  };
  const scans = new Set<string>();
  for (const steps of stepsOf(graph).filter(({ length }) => length >= FEWEST_STEPS)) {
    const repetition = repetitionOf(steps, graph);
    const rolled = repetition && asScan(repetition, rolling);
    if (!rolled) continue;
    replace(repetition, rolled, graph);
    for (const { output } of rolled.filter(isScan)) scans.add(output[0]!);
  }
  graph.initializer.push(...rolling.constants);
  const added = valuesOf(new onnx.GraphProto({ initializer: rolling.constants }), rolling.added);
  const values = joinValues(known.values, added);
  const isRolled = (scan: Node) => scans.has(scan.output[0]!);
  return {
    model: dropDead(model),
    // The step that stands for all has the names that its values had.
    values: { ...values, within: (scan) => (isRolled(scan) ? withinStep(values, scan) : values.within(scan)) },
  };
}

function withinStep(values: Values, scan: Node): Values {
  const given = new Set(scanOf(scan).body.input.map(({ name }) => name));
  return { ...values, constant: (name) => (given.has(name) ? undefined : values.constant(name)) };
}

/** What rolling up works on. */
interface Rolling {
  readonly graph: Graph;
  readonly fresh: NameMaker;
  readonly values: Values;
  readonly producer: ReadonlyMap<string, Node>;
  /** What is known of values that were not there before. */
  readonly added: Map<string, ValueType>;
  /** Tensors that were not there before. */
  readonly constants: onnx.TensorProto[];
}

/** Puts nodes into the place of the last step, behind all that the steps read and before all that reads them. */
function replace({ nodes, stacked }: Repetition, replacement: readonly Node[], graph: Graph): void {
  const gone = new Set([...nodes, ...stacked.map(({ joint }) => joint)]);
  const at = graph.node.findLastIndex((node) => nodes.has(node));
  graph.node = graph.node.flatMap((node, i) => [...(gone.has(node) ? [] : [node]), ...(i === at ? replacement : [])]);
}

/** A loop as a Scan, and the nodes before it; undefined where it cannot be one. */
function asScan({ count, step, states, given, stacked }: Repetition, rolling: Rolling): Node[] | undefined {
  const sequences = complete(given.map((each) => sequenceOf(each, count, rolling)));
  const results = complete(stacked.map((each) => resultOf(each, rolling)));
  const initial = sequences && complete(states.map((state) => initialOf(state, sequences, rolling)));
  if (!initial || !results) return undefined;

  const { fresh, values, added } = rolling;
  const renamed = new Map(sequences.map(({ second, value }) => [second, value]));
  const declare = (name: string) => {
    const { type, dims } = added.get(name) ?? values.of(name);
    return valueInfo(name, type, dims);
  };
  const body = new onnx.GraphProto({
    name: 'step',
    input: [...states.map(({ first }) => declare(first)), ...sequences.map(({ item }) => declare(item))],
    node: [
      ...sequences.flatMap(({ before }) => before),
      ...step.map((node) => {
        const input = node.input.map((name) => renamed.get(name) ?? name);
        return new onnx.NodeProto({ ...node, input, metadataProps: [] });
      }),
      ...results.map(({ after }) => after),
    ],
    output: [...states.map(({ second }) => declare(second)), ...results.map(({ item }) => declare(item))],
  });
  const last = states.map(({ first, last: name }) => {
    if (name !== '') return name;
    const unread = fresh(`${first}/last`);
    added.set(unread, values.of(first));
    return unread;
  });
  const scan = makeScan({
    body,
    initial: initial.map(({ value }) => value),
    sequences: sequences.map(({ sequence }) => sequence),
    last,
    results: results.map(({ sequence }) => sequence),
  });
  return [...initial.flatMap(({ nodes }) => nodes), scan];
}

/** A list without gaps; undefined where it has some. */
function complete<T>(list: readonly (T | undefined)[]): readonly T[] | undefined {
  const found = list.flatMap((each) => (each === undefined ? [] : [each]));
  return found.length === list.length ? found : undefined;
}

/** What each step is given, as a sequence. */
interface GivenSequence {
  readonly sequence: Sequence;
  /** The item, as the body takes it. */
  readonly item: string;
  /** What makes the item the value that a step reads. */
  readonly before: readonly Node[];
  readonly value: string;
  /** What the second step calls that. */
  readonly second: string;
}

function sequenceOf(given: Given, count: number, rolling: Rolling): GivenSequence | undefined {
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
  const raise = attributed('Unsqueeze', item, axis, value, rolling);
  return { sequence: { value: split.input[0]!, axis, reversed }, item, before: [raise], value, second };
}

/** Whole numbers and truth values, which are stacked up; other constants may be weights, and have to stay what they are. */
function storedOf(given: Given, { values, fresh, added, constants }: Rolling): GivenSequence | undefined {
  const tensors = complete(given.map((name) => values.constant(name)));
  const first = tensors?.[0];
  if (!tensors || !first || first.type === 'string' || first.type.includes('float')) return undefined;
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

/** What each step leaves, as a result of a Scan. */
interface LeftResult {
  readonly sequence: Sequence;
  /** The item, as the body gives it. */
  readonly item: string;
  readonly after: Node;
}

function resultOf({ second, joint, reversed }: Stacked, rolling: Rolling): LeftResult | undefined {
  const { values, fresh, added } = rolling;
  const { type, dims } = values.of(second);
  const axis = fromFront(intAttribute(joint, 'axis', 0), dims.length);
  if (dims[axis] !== 1) return undefined;
  const item = fresh(`${second}/item`);
  added.set(item, { type, dims: dims.filter((_, i) => i !== axis) });
  return {
    sequence: { value: joint.output[0]!, axis, reversed },
    item,
    after: attributed('Squeeze', second, axis, item, rolling),
  };
}

/** The value before the first step, in the shape that it has before all others. */
function initialOf(
  { initial, first, second }: State,
  sequences: readonly GivenSequence[],
  rolling: Rolling,
): { readonly value: string; readonly nodes: readonly Node[] } | undefined {
  const { values, fresh, added } = rolling;
  const { type, dims } = values.of(first);
  const same = (name: string) => values.of(name).dims.join() === dims.join();
  if (!same(second)) return undefined;
  if (same(initial)) return { value: initial, nodes: [] };
  // One of zeros is stored once for all examples, and broadcast by the first step.
  const nodes: Node[] = [];
  const emit = (op: string, inputs: readonly string[], attributes: Attributes = {}) => {
    const output = fresh(`${first}/${op}`);
    nodes.push(makeNode(op, inputs, [output], attributes));
    return output;
  };
  const sizes = complete(
    dims.map((dim) => {
      if (typeof dim === 'number') return constant(int64([dim]), rolling);
      const like = sequences.find(({ sequence }) => dimsOf(sequence.value, values).includes(dim))?.sequence.value;
      if (like === undefined) return undefined;
      const start = dimsOf(like, values).indexOf(dim);
      return emit('Shape', [like], { start, end: start + 1 });
    }),
  );
  if (!sizes) return undefined;
  const value = emit('Expand', [initial, emit('Concat', sizes, { axis: 0 })]);
  added.set(value, { type, dims });
  for (const { opType, output } of nodes) {
    if (opType === 'Shape') added.set(output[0]!, { type: 'int64', dims: [1] });
    if (opType === 'Concat') added.set(output[0]!, { type: 'int64', dims: [dims.length] });
  }
  return { value, nodes };
}

function dimsOf(value: string, values: Values): readonly Dim[] {
  return values.has(value) ? values.of(value).dims : [];
}

function constant(tensor: Tensor, { fresh, constants }: Rolling): string {
  const name = fresh('rolled-up/constant');
  constants.push(encodeTensor(name, tensor));
  return name;
}

function attributed(op: string, from: string, axis: number, to: string, rolling: Rolling): Node {
  return makeNode(op, [from, constant(int64([axis]), rolling)], [to]);
}

function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
