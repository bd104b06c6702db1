/** Writes recurrent layers (RNN, LSTM, GRU) out in operators that gradients are known for, step by step. */
import { InputError } from '../../errors.js';
import { intAttribute, stringAttribute } from '../../onnx/attributes.js';
import { cloneModel } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import { graphOf, isStandardDomain, nodeLabel, type Graph, type Model, type Node } from '../../onnx/model.js';
import { decodeTensor, encodeTensor } from '../../onnx/tensor-proto.js';
import { elementCount, int64, toNumbers, type Tensor } from '../../tensor.js';
import { makeNode, type Attributes } from '../builder.js';
import { activationsOf, clipping } from './recurrent-activations.js';
import { CELLS, type Emit, type Gates } from './recurrent-cells.js';
import { filled, type Layer } from './recurrent-layer.js';
import { freeze } from '../parameters.js';
import { nameMaker, type NameMaker } from '../rewrite.js';
import { checkNodeCount } from '../../onnx/node-count.js';
import { markStep } from '../steps/step-mark.js';
import type { Values } from '../values.js';
import { table } from '../../table.js';

/** Whether a graph has recurrent layers. */
export function hasRecurrent(graph: Graph): boolean {
  return graph.node.some(isRecurrent);
}

const isRecurrent = ({ opType, domain }: Node) => isStandardDomain(domain) && opType in CELLS;

/**
 * The model with its recurrent layers written out over the steps of their sequence. The weight on the input, the weight
 * on the state and their biases become matrices and vectors of their own (per direction, where there are two), so that
 * they are traceable layers: the first is applied to all steps at once, the second once a step.
 * @param values shapes of the model's values
 * @throws InputError for a sequence whose length is not known, and for rare activations
 */
export function decomposeRecurrent(model: Model, values: Values): Model {
  const written = cloneModel(model);
  const graph = graphOf(written);
  const fresh = nameMaker(written);
  graph.node = graph.node.flatMap((node) => (isRecurrent(node) ? decompose(node, graph, values, fresh) : [node]));
  return written;
}

function decompose(node: Node, graph: Graph, values: Values, fresh: NameMaker): Node[] {
  const nodes: Node[] = [];
  const prefix = node.name === '' ? node.output.find((name) => name !== '')! : node.name;
  let step: { readonly loop: string; readonly step: number; place: number } | undefined;
  const add = (op: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes) => {
    const made = makeNode(op, inputs, outputs, attributes);
    if (step) markStep(made, { ...step, place: step.place++ });
    nodes.push(made);
  };
  const emit: Emit = (op, inputs, hint, attributes = {}) => {
    const output = fresh(`${prefix}/${hint}`);
    add(op, inputs, [output], attributes);
    return output;
  };
  const stored = new Map<string, string>();
  const constant = (tensor: Tensor, hint: string) => {
    // Each step asks for the same places and numbers.
    const key = `${tensor.type}[${tensor.dims.join()}]${tensor.data.join()}`;
    const known = stored.get(key);
    if (known !== undefined) return known;
    const name = fresh(`${prefix}/${hint}`);
    graph.initializer.push(encodeTensor(name, tensor));
    // A first state of zeros is none that was learned.
    freeze(graph, [name]);
    stored.set(key, name);
    return name;
  };
  const split = (value: string, count: number, axis = -1) => {
    const outputs = Array.from({ length: count }, (_, i) => fresh(`${prefix}/${axis === 0 ? 'step' : 'gate'}${i}`));
    add('Split', [value], outputs, { axis, num_outputs: count });
    return outputs;
  };
  const inStep: Layer['inStep'] = (direction, number, write) => {
    step = { loop: `${prefix}/${direction}`, step: number, place: 0 };
    const result = write();
    step = undefined;
    return result;
  };
  const cell = CELLS[node.opType]!;
  const batchFirst = intAttribute(node, 'layout', 0) === 1;
  const swap = (value: string, perm: number[]) =>
    batchFirst ? emit('Transpose', [value], 'swapped', { perm }) : value;
  const { dims } = values.of(node.input[0]!);
  const steps = dims[batchFirst ? 1 : 0];
  const recurrent = values.of(node.input[2]!).dims;
  if (typeof steps !== 'number' || steps < 1) {
    throw new InputError(
      `node ${nodeLabel(node)}: the length of the sequence is open; data of a fixed length is needed`,
    );
  }
  const units = intAttribute(node, 'hidden_size', Number(recurrent[2]));
  const layer: Layer = { node, cell, emit, split, constant, inStep, graph, values, units, steps };
  checkNodeCount(steps * 30, `writing out node ${nodeLabel(node)}`);

  const x = swap(node.input[0]!, [1, 0, 2]);
  const directions = DIRECTIONS[stringAttribute(node, 'direction', 'forward')];
  if (!directions) throw new InputError(`node ${nodeLabel(node)}: an unknown direction`);
  const initialOf = (operand: number) => {
    const given = node.input[operand];
    const known = given ? values.constant(given) : undefined;
    const isDefault = !given || (known !== undefined && toNumbers(known).every((value) => value === 0));
    return isDefault ? undefined : swap(given, [1, 0, 2]);
  };
  const states = [5, ...(cell.hasMemory ? [6] : [])].map(initialOf);
  const runs = directions.map((backwards, d) => runDirection(layer, x, states, d, backwards, directions.length));

  const joined = (values_: readonly string[], axis: number) =>
    values_.length === 1 ? values_[0]! : emit('Concat', values_, 'joined', { axis });
  const ints = (list: readonly number[]) => constant(int64(list), 'axes');
  const finish = (value: () => string, operand: number, perm: number[]) => {
    const name = node.output[operand];
    if (!name) return;
    const result = makeNode('Identity', [swap(value(), perm)], [name]);
    result.name = fresh(`${prefix}/${['Y', 'Y_h', 'Y_c'][operand]}`);
    nodes.push(result);
  };
  const raise = (value: string, axes: readonly number[]) => emit('Unsqueeze', [value, ints(axes)], 'raised');
  const sequence = () =>
    joined(
      runs.map(({ outputs }) => joined(outputs, 0)),
      1,
    );
  const last = (pick: (run: (typeof runs)[number]) => string) => () =>
    joined(
      runs.map((run) => raise(pick(run), [0])),
      0,
    );
  finish(sequence, 0, [2, 0, 1, 3]);
  finish(
    last(({ h }) => h),
    1,
    [1, 0, 2],
  );
  finish(
    last(({ c }) => c),
    2,
    [1, 0, 2],
  );
  return nodes;
}

/** For each direction, whether it goes backwards. */
const DIRECTIONS = table<readonly boolean[]>({
  forward: [false],
  reverse: [true],
  bidirectional: [false, true],
});

/** What one direction gives: its state after each step, [1, 1, batch, units], in the order of the sequence; its last states. */
interface Run {
  readonly outputs: readonly string[];
  readonly h: string;
  readonly c: string;
}

function runDirection(
  layer: Layer,
  x: string,
  states: readonly (string | undefined)[],
  d: number,
  backwards: boolean,
  directions: number,
): Run {
  const { node, cell, emit, split, constant, inStep, units, steps } = layer;
  const suffix = directions === 1 ? '' : d === 0 ? '.forward' : '.backward';
  const part = (operand: number, from: number, to: number, kind: string, dims: readonly number[]) =>
    weightPart(layer, node.input[operand] ?? '', d, [from, to], `${kind}${suffix}`, dims);
  const rows = cell.gates * units;
  const width = Number(layer.values.of(node.input[1]!).dims[2]);

  const w = part(1, 0, rows * width, 'W', [rows, width]);
  const product = emit('MatMul', [x, emit('Transpose', [w], 'Wt', { perm: [1, 0] })], 'input');
  const inputBias = node.input[3] ? part(3, 0, rows, 'Wb', [rows]) : undefined;
  const projected = inputBias ? emit('Add', [product, inputBias], 'input_biased') : product;

  // One Split for all steps: its gradient is one Concat, where a Gather a step would fill a sequence of zeros each.
  const inputs = steps === 1 ? [projected] : split(projected, steps, 0);
  const gates: Gates = {
    emit,
    one: () => constant(filled(layer, [], 1), 'one'),
    split,
    recurrent: (h, from, to, kind) => {
      const [first, count] = [from * units, (to - from) * units];
      const r = part(2, first * units, (first + count) * units, `R${kind}`, [count, units]);
      const bias = node.input[3] ? [part(3, rows + first, rows + first + count, `Rb${kind}`, [count])] : [];
      return emit('Gemm', [h, r, ...bias], 'state', { transB: 1 });
    },
    peephole: (index) =>
      node.input[7] ? part(7, index * units, (index + 1) * units, `P${index}`, [units]) : undefined,
    activation: activationsOf(layer, d),
    coupled: intAttribute(node, 'input_forget', 0) === 1,
    beforeReset: intAttribute(node, 'linear_before_reset', 0) === 1,
    clip: clipping(layer),
  };
  const isWithin = lengthsOf(layer);
  const initial = states.map((state) =>
    state
      ? emit('Gather', [state, constant(int64([d], []), 'direction')], 'initial', { axis: 0 })
      : constant(filled(layer, [1, units], 0), 'initial'),
  );
  const zero = () => constant(filled(layer, [], 0), 'zero');
  let [h, c] = [initial[0]!, initial[1] ?? ''];
  const outputs = new Array<string>(steps);
  for (let i = 0; i < steps; i++) {
    const t = backwards ? steps - 1 - i : i;
    inStep(d, i, () => {
      const xt = emit('Squeeze', [inputs[t]!, constant(int64([0]), 'axes')], 'step_input');
      const next = cell.step(gates, xt, h, c);
      const within = isWithin?.(t);
      // Where a sequence has ended its state stays, going forwards; going backwards it has not begun.
      const chosen = (value: string, otherwise: string, hint: string) =>
        within === undefined ? value : emit('Where', [within, value, otherwise], hint);
      const output = chosen(next.h, zero(), 'within');
      h = chosen(next.h, h, 'h');
      c = next.c === '' ? '' : chosen(next.c, c, 'c');
      outputs[t] = node.output[0] ? emit('Unsqueeze', [output, constant(int64([0, 1]), 'axes')], 'raised') : '';
    });
  }
  return { outputs, h, c };
}

/**
 * Some consecutive elements of one direction's weights, as a tensor of their own: stored where the weight is stored,
 * taken out by nodes where it is computed. Asked for twice it is made once.
 */
function weightPart(
  { graph, emit, constant, values }: Layer,
  name: string,
  d: number,
  [from, to]: readonly [number, number],
  kind: string,
  dims: readonly number[],
): string {
  const stored = graph.initializer.find((weight) => weight.name === name);
  const partName = `${name}.${kind}`;
  if (stored) {
    if (graph.initializer.some((weight) => weight.name === partName)) return partName;
    const tensor = decodeTensor(stored);
    const start = d * elementCount(tensor.dims.slice(1));
    const data = (tensor.data as Float32Array).slice(start + from, start + to);
    graph.initializer.push(encodeTensor(partName, { type: tensor.type, dims, data }));
    return partName;
  }
  const whole = emit('Gather', [name, constant(int64([d], []), 'direction')], kind, { axis: 0 });
  const size = elementCount(values.of(name).dims.slice(1) as number[]);
  const flat = emit('Reshape', [whole, constant(int64([size]), 'flat')], kind);
  const bounds = [[from], [to]].map((list) => constant(int64(list), 'bounds'));
  return emit('Reshape', [emit('Slice', [flat, ...bounds], kind), constant(int64(dims), 'shape')], kind);
}

/**
 * For sequences of different lengths, emits which of them have a step: bool [batch, 1]. Undefined where all are as long as
 * the longest may be.
 */
function lengthsOf({ node, values, steps, emit, constant }: Layer): ((step: number) => string) | undefined {
  const name = node.input[4];
  if (!name) return undefined;
  const known = values.constant(name);
  if (known && toNumbers(known).every((length) => length === steps)) return undefined;
  const counts = emit('Cast', [name], 'lengths', { to: elementTypeCode('int64') });
  const column = emit('Unsqueeze', [counts, constant(int64([1]), 'axes')], 'lengths');
  const masks = new Map<number, string>();
  return (step) => {
    const mask = masks.get(step) ?? emit('Greater', [column, constant(int64([step], []), 'step')], 'has_step');
    masks.set(step, mask);
    return mask;
  };
}
