/** The sizes of a graph's values, found without computing anything large. */
import { ModelRefused } from '../errors.js';
import { hasAttribute, intAttribute } from '../onnx/attributes.js';
import { allocate, elementTypeName, isFloatTensor } from '../onnx/element-type.js';
import { encodeModel } from '../onnx/codec.js';
import {
  graphOf,
  isStandardDomain,
  onnx,
  toNumber,
  type Graph,
  type Model,
  type Node,
  type StoredTensor,
} from '../onnx/model.js';
import { dimsOf, encodeTensor } from '../onnx/tensor-proto.js';
import { valuesReadBy } from '../onnx/validate.js';
import type { Runtime, Session, ValueMetadata } from '../runtime/runtime.js';
import { elementCount, int64, toNumbers, type ElementType, type Tensor } from '../tensor.js';
import { checkMemory } from './budget.js';
import { makeNode, valueInfo } from './builder.js';
import { nodesLeadingTo } from './reachable.js';

/** Type and dimensions of a value for one size of the batch. */
export interface MeasuredValue {
  readonly type: ElementType;
  readonly dims: readonly number[];
}

/** What is known of a graph's values before it runs. */
export interface MeasuredGraph {
  readonly known: ReadonlyMap<string, MeasuredValue>;
  /** Values that are sequences, dictionaries or optional: no tensors. */
  readonly others: ReadonlySet<string>;
}

/** A chain of shapes that follow from each other is followed so far; real models need a few for each of their layers. */
const MOST_ROUNDS = 500;

/** A tensor that says how large another is to be has no more elements. */
const LARGEST_OPERAND = 4096;

/** A weight above this is represented by its shape. */
const LARGEST_CONTENT = 1024;

/**
 * Measures a model's values with inputs of the given sizes. ONNX Runtime infers them from a skeleton of the graph, in which
 * weights are but shapes, without computing. Where a size is itself computed (the target of an Expand), only what leads to that is
 * run, from values that are measured already: so nothing is ever run before it is known what it takes.
 * @param feeds type and dimensions of every input
 * @throws InputError for a graph that would take more memory than its size is worth (see `budget.ts`)
 */
export async function measureGraph(
  model: Model,
  runtime: Runtime,
  feeds: ReadonlyMap<string, MeasuredValue>,
): Promise<MeasuredGraph> {
  const graph = graphOf(model);
  const state: Measuring = { graph, model, runtime, feeds, contents: new Map(), sizes: new Map() };
  let before: MeasuredGraph | undefined;
  for (let round = 1; ; round++) {
    // Some operators want a weight to be there as it is.
    const measurement = await infer(state, standsForItself)
      .catch(() => infer(state, () => true))
      .catch((error: unknown) => {
        // What was put in for computed sizes may be refused where the graph itself is not: then no more is known than before.
        if (before && error instanceof ModelRefused) return before;
        throw error;
      });
    if (measurement === before) return measurement;
    before = measurement;
    checkMemory(graph, measurement.known);
    const progress = round < MOST_ROUNDS && (await computeSizes(state, measurement));
    if (!progress) return measurement;
  }
}

interface Measuring {
  readonly graph: Graph;
  readonly model: Model;
  readonly runtime: Runtime;
  readonly feeds: ReadonlyMap<string, MeasuredValue>;
  /** Small tensors that were computed, by value. */
  readonly contents: Map<string, StoredTensor>;
  /** Sizes that only running a node could tell. */
  readonly sizes: Map<string, MeasuredValue>;
}

/**
 * What ONNX Runtime infers.
 * @param isKept which weights are given as they are, not as their shape
 * @throws ModelRefused where it refuses the graph
 */
async function infer(state: Measuring, isKept: (stored: StoredTensor) => boolean): Promise<MeasuredGraph> {
  const { graph, feeds, contents, sizes } = state;
  const nodes = remainingNodes(state);
  const small = graph.initializer.filter(isKept);
  const large = graph.initializer.filter((stored) => !isKept(stored));
  const typeOf = ({ dataType, dims }: StoredTensor) => ({ type: elementTypeName(dataType)!, dims: dims.map(toNumber) });
  const inputs = new Map<string, MeasuredValue>([
    ...feeds,
    ...sizes,
    ...large.map((stored) => [stored.name, typeOf(stored)] as const),
  ]);
  for (const name of contents.keys()) inputs.delete(name);
  const given = {
    initializer: [...small, ...contents.values()],
    input: [...inputs].map(([name, { type, dims }]) => valueInfo(name, type, dims)),
  };
  const names = nodes.flatMap(({ output }) => output.filter((name) => name !== ''));
  const inferred = await outputsOf(state, { ...given, node: nodes }, names);
  const scalars = await scalarsAmong(state, { ...given, node: nodes }, inferred.outputs);

  const known = new Map(inputs);
  for (const stored of [...small, ...contents.values()]) {
    if (elementTypeName(stored.dataType)) known.set(stored.name, typeOf(stored));
  }
  for (const { name, type, shape } of inferred.outputs) {
    if (isMeasured(shape) && (shape.length > 0 || scalars.has(name))) known.set(name, { type, dims: shape });
  }
  return { known, others: new Set(inferred.others) };
}

/** What ONNX Runtime says of some values when it loads a graph. @throws ModelRefused where it refuses it */
async function outputsOf(
  state: Measuring,
  graph: onnx.GraphProto.$Properties,
  names: readonly string[],
): Promise<Pick<Session, 'outputs' | 'others'>> {
  // ONNX Runtime wants no graph of nothing.
  if (names.length === 0) return { outputs: [], others: [] };
  const skeleton = modelOf(state, { ...graph, output: names.map((name) => new onnx.ValueInfoProto({ name })) });
  const session = await state.runtime.createSession(encodeModel(skeleton), { optimization: 'disabled', threads: 1 });
  const { outputs, others } = session;
  await session.release();
  return { outputs, others };
}

/** ONNX Runtime gives the shape [] for what has no dimensions, and for what has nobody knows how many: Shape tells. */
async function scalarsAmong(
  state: Measuring,
  graph: onnx.GraphProto.$Properties,
  outputs: readonly ValueMetadata[],
): Promise<Set<string>> {
  const doubtful = outputs.filter(({ shape }) => shape.length === 0).map(({ name }) => name);
  if (doubtful.length === 0) return new Set();
  const shapeNames = doubtful.map((name) => `${name}::size`);
  const shapes = doubtful.map((name, i) => makeNode('Shape', [name], [shapeNames[i]!]));
  const found = await outputsOf(state, { ...graph, node: [...(graph.node ?? []), ...shapes] }, shapeNames);
  return new Set(doubtful.filter((_, i) => found.outputs[i]?.shape[0] === 0));
}

function isMeasured(shape: readonly (number | string)[]): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number' && dim >= 0);
}

/** The nodes whose results are not represented by contents or sizes already. */
function remainingNodes({ graph, contents, sizes }: Measuring): Node[] {
  if (contents.size + sizes.size === 0) return graph.node;
  const isGiven = (name: string) => contents.has(name) || sizes.has(name);
  return graph.node.flatMap((node) => {
    if (!node.output.some(isGiven)) return [node];
    const output = node.output.map((name) => (isGiven(name) ? '' : name));
    return output.every((name) => name === '') ? [] : [new onnx.NodeProto({ ...node, output })];
  });
}

/**
 * Runs what the sizes still unknown depend on: the small operands of the nodes at which inference stopped, or such a node itself
 * where it has none.
 * @returns whether anything new was learnt
 */
async function computeSizes(state: Measuring, { known, others }: MeasuredGraph): Promise<boolean> {
  const nodes = remainingNodes(state);
  const computed = new Set(nodes.flatMap(({ output }) => output));
  const isOperand = (name: string) => {
    const value = known.get(name);
    const small = value !== undefined && value.type !== 'string' && elementCount(value.dims) <= LARGEST_OPERAND;
    const isCount = state.feeds.has(name) && value?.type === 'int64' && value.dims.length <= 1;
    return small && (computed.has(name) || isCount) && !state.contents.has(name);
  };
  const operands = new Set<string>();
  const results = new Set<string>();
  for (const node of nodes) {
    const open = node.output.filter((name) => name !== '' && !known.has(name) && !others.has(name));
    const read = valuesReadBy(node);
    if (open.length === 0 || !read.every((name) => known.has(name) || others.has(name))) continue;
    const small = read.filter(isOperand);
    for (const name of small) operands.add(name);
    if (small.length === 0) for (const name of open) results.add(name);
  }
  if (operands.size + results.size === 0) return false;
  const { runtime } = state;
  const shapeNames = new Map([...results].map((name) => [name, `${name}::size`]));
  const part = partLeadingTo(state, known, [...operands], shapeNames);
  const session = await runtime.createSession(encodeModel(part), { optimization: 'disabled' });
  try {
    const feeds = Object.fromEntries(session.inputs.map(({ name }) => [name, zeros(state.feeds.get(name)!)]));
    const types = new Map(session.outputs.map(({ name, type }) => [name, type]));
    const run = await session.run(feeds, [...operands, ...shapeNames.values()]).catch((error: unknown) => {
      throw new ModelRefused(`the model cannot be run: ${(error as Error).message}`, { cause: error });
    });
    for (const name of operands) state.contents.set(name, encodeTensor(name, run[name]!));
    for (const [name, shape] of shapeNames) {
      state.sizes.set(name, { type: types.get(name)!, dims: toNumbers(run[shape]!) });
    }
    return true;
  } finally {
    await session.release();
  }
}

/** The part of the graph that computes some values, with the shapes of measured ones as constants. */
function partLeadingTo(
  state: Measuring,
  known: ReadonlyMap<string, MeasuredValue>,
  operands: readonly string[],
  shapeNames: ReadonlyMap<string, string>,
): Model {
  const shapes: StoredTensor[] = [];
  // What only the size is known of is computed once more.
  const computing = remainingNodes({ ...state, sizes: new Map() }).filter((node) => {
    const shape = shapeOf(node, known);
    if (shape) shapes.push(encodeTensor(node.output[0]!, shape));
    return !shape;
  });
  const targets = [...operands, ...shapeNames.keys()];
  const needed = nodesLeadingTo(computing, targets);
  const read = new Set([...needed.flatMap(valuesReadBy), ...targets]);
  const { graph, feeds, contents } = state;
  return modelOf(state, {
    node: [...needed, ...[...shapeNames].map(([name, shape]) => makeNode('Shape', [name], [shape]))],
    initializer: [...graph.initializer, ...contents.values(), ...shapes].filter(({ name }) => read.has(name)),
    input: [...feeds].filter(([name]) => read.has(name)).map(([name, { type, dims }]) => valueInfo(name, type, dims)),
    output: [...targets, ...shapeNames.values()].map((name) => new onnx.ValueInfoProto({ name })),
  });
}

/** What a Shape or Size node gives, where the value is measured. */
function shapeOf(node: Node, known: ReadonlyMap<string, MeasuredValue>): Tensor | undefined {
  const value = known.get(node.input[0] ?? '');
  if (!value || !isStandardDomain(node.domain)) return undefined;
  if (node.opType === 'Size') return int64([elementCount(value.dims)], []);
  if (node.opType !== 'Shape') return undefined;
  const end = hasAttribute(node, 'end') ? intAttribute(node, 'end', 0) : undefined;
  return int64(value.dims.slice(intAttribute(node, 'start', 0), end));
}

function zeros({ type, dims }: MeasuredValue): Tensor {
  return { type, dims, data: allocate(type, elementCount(dims)) };
}

function modelOf({ model }: Measuring, graph: onnx.GraphProto.$Properties): Model {
  return new onnx.ModelProto({ ...model, graph: new onnx.GraphProto({ name: 'measured', ...graph }) });
}

/** Whether a weight's numbers may decide a size, or have to be there for ONNX Runtime to infer anything. */
function standsForItself(stored: StoredTensor): boolean {
  return !isFloatTensor(stored) || elementCount(dimsOf(stored)) <= LARGEST_CONTENT;
}
