/**
 * Rolls up loops that were written out step by step. As a Scan they compute the same with the same weights, and ONNX Runtime
 * loads them in no time, which it does not where there are thousands of nodes.
 */
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, onnx, type Graph, type Model, type Node } from '../../onnx/model.js';
import { intAttribute } from '../../onnx/attributes.js';
import { int64 } from '../../tensor.js';
import { makeNode, valueInfo, type Attributes, type Dim } from '../builder.js';
import { dropDead } from '../drop-dead.js';
import { parametersOf } from '../parameters.js';
import { nameMaker } from '../rewrite.js';
import { isScan, makeScan, scanOf, type Sequence } from '../scan.js';
import { joinValues, valuesOf, type Values } from '../values.js';
import { changeAxis, complete, constant, fromFront, type Rolling } from './rolling.js';
import { isOneConstant, picks, sequenceOf, type GivenSequence } from './sequences.js';
import { repetitionOf, stepsOf, type Repetition, type Stacked, type State } from './repetition.js';

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
    learned: new Set(parametersOf(graph)),
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

/** Puts nodes into the place of the last step, behind all that the steps read and before all that reads them. */
function replace({ nodes, stacked }: Repetition, replacement: readonly Node[], graph: Graph): void {
  const gone = new Set([...nodes, ...stacked.map(({ joint }) => joint)]);
  const at = graph.node.findLastIndex((node) => nodes.has(node));
  graph.node = graph.node.flatMap((node, i) => [...(gone.has(node) ? [] : [node]), ...(i === at ? replacement : [])]);
}

/** A loop as a Scan, and the nodes before it; undefined where it cannot be one. */
function asScan(repetition: Repetition, rolling: Rolling): Node[] | undefined {
  const { count, states, stacked } = repetition;
  const picked = picks(repetition, rolling);
  const step = repetition.step.filter((node) => !picked.has(node));
  const read = new Set(step.flatMap(({ input }) => input));
  const given = repetition.given.filter((each) => read.has(each[1]!) && !isOneConstant(each, rolling));
  const others = complete(given.map((each) => sequenceOf(each, count, rolling)));
  const sequences = others && [...picked.values(), ...others];
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
    after: changeAxis('Squeeze', second, axis, item, rolling),
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
