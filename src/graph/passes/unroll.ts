/** Control flow that is resolved before the model runs: branches taken, loops written out. */
import { InputError } from '../../errors.js';
import { subgraphsOf } from '../../onnx/attributes.js';
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, isStandardDomain, nodeLabel, onnx, type Graph, type Model, type Node } from '../../onnx/model.js';
import { describeNodes } from '../../onnx/describe-nodes.js';
import { checkNodeCount, LARGEST_GRAPH } from '../../onnx/node-count.js';
import { decodeTensor, encodeTensor } from '../../onnx/tensor-proto.js';
import { int64, toNumbers, type Tensor } from '../../tensor.js';
import { makeNode, type Attributes } from '../builder.js';
import { graphsIn, nameMaker, type NameMaker } from '../rewrite.js';
import { scanOf, type Sequence } from '../scan.js';
import { bodyOf, splice, type InlineBody } from '../splice.js';
import { markStep } from '../steps/step-mark.js';
import type { Values } from '../values.js';
import { table } from '../../table.js';

/** A graph that control flow is being written out into. */
interface Writing {
  readonly graph: Graph;
  readonly fresh: NameMaker;
  /** A stored tensor. */
  readonly constant: (name: string | undefined) => Tensor | undefined;
  /** The size of a value's axis, where it is a number. */
  readonly sizeOf: (value: string, axis: number) => number | undefined;
}

/** Writes a node out, or gives undefined where it depends on what the model is fed with. */
type Unroll = (node: Node, writing: Writing) => Node[] | undefined;

const CONTROL_FLOW = table<Unroll>({ If: takeBranch, Loop: unrollLoop, Scan: unrollScan });

/** Whether a graph has nodes that this rewrite is for. */
export function hasControlFlow(graph: Graph): boolean {
  return graph.node.some(isControlFlow);
}

const isControlFlow = (node: Node) => isStandardDomain(node.domain) && node.opType in CONTROL_FLOW;

/**
 * The model with each If whose condition is stored replaced by its branch, each Loop whose count is stored and whose
 * condition stays true written out that many times, and each Scan over an axis of known size likewise; within branches
 * and bodies too. Names get the node's name and the number of the iteration before them. What depends on the input stays;
 * a model in which nothing could be resolved is returned as it is.
 * @param values shapes of the model's values, for Scan
 * @throws InputError when that would make an unreasonably large graph
 */
export function unroll(model: Model, values?: Values): Model {
  const written = cloneModel(model);
  const graph = graphOf(written);
  const writing: Writing = {
    graph,
    fresh: nameMaker(written),
    constant: (name) => {
      const stored = graph.initializer.find((weight) => weight.name === name);
      return stored && decodeTensor(stored);
    },
    sizeOf: (value, axis) => {
      const size = values?.has(value) ? values.of(value).dims.at(axis) : undefined;
      return typeof size === 'number' ? size : undefined;
    },
  };
  let total = graph.node.length;
  let changed = false;
  const writeOut = (nodes: readonly Node[]): Node[] =>
    nodes.flatMap((node) => {
      const replacement = isControlFlow(node) ? CONTROL_FLOW[node.opType]!(node, writing) : undefined;
      if (!replacement) return [node];
      changed = true;
      total += replacement.length;
      checkNodeCount(total, `writing out node ${nodeLabel(node)}`);
      return writeOut(replacement);
    });
  graph.node = writeOut(graph.node);
  return changed ? written : model;
}

/**
 * Refuses loops that nothing bounds: with no number of iterations, or one that only a computed condition would end early
 * (as exporters write `while`). They could run for ever, and what they do cannot be written out.
 * @throws InputError naming all of them
 */
export function checkLoops(model: Model): void {
  const boundless: Node[] = [];
  for (const graph of graphsIn(graphOf(model))) {
    const stored = new Map(graph.initializer.map((weight) => [weight.name, weight]));
    for (const node of graph.node.filter((each) => isControlFlow(each) && each.opType === 'Loop')) {
      const [limit = ''] = node.input;
      const count = stored.get(limit);
      if (limit === '' || (count && toNumbers(decodeTensor(count))[0]! > LARGEST_GRAPH)) boundless.push(node);
    }
  }
  if (boundless.length === 0) return;
  throw new InputError(
    `loops that may never end: ${describeNodes(boundless)}; export the model with a fixed number of iterations`,
  );
}

const prefixOf = (node: Node) => `${node.name === '' ? (node.output[0] ?? node.opType) : node.name}/`;

/**
 * A graph of a node as a body whose weights stand in the main graph, where all its copies read them. Constants among its nodes
 * are weights too: they are looked up like them when what they decide is written out.
 */
function sharing(
  body: Graph,
  of: Node,
  { graph, fresh }: Writing,
): (inputs: readonly string[]) => [InlineBody, string[]] {
  const valueOf = ({ opType, attribute }: Node) =>
    opType === 'Constant' ? attribute.find(({ name }) => name === 'value')?.t : undefined;
  const constants = body.node.flatMap((node) => {
    const value = valueOf(node);
    return value ? [new onnx.TensorProto({ ...value, name: node.output[0]! })] : [];
  });
  const weights = [...body.initializer, ...constants].map((stored) => {
    const name = fresh(`${prefixOf(of)}${stored.name}`);
    graph.initializer.push(new onnx.TensorProto({ ...stored, name }));
    return { inside: stored.name, name };
  });
  const { inputs: given, outputs } = bodyOf(body);
  const node = body.node.filter((each) => !valueOf(each));
  const shared: InlineBody = { node, inputs: [...given, ...weights.map(({ inside }) => inside)], outputs };
  return (inputs) => [shared, [...inputs, ...weights.map(({ name }) => name)]];
}

/** Copies a body in. @param given what it reads, as `sharing` says */
function insert(
  { fresh }: Writing,
  [body, given]: readonly [InlineBody, readonly string[]],
  outputs: readonly string[],
  prefix: string,
): Node[] {
  return splice(body, given, outputs, fresh, prefix).nodes;
}

function takeBranch(node: Node, writing: Writing): Node[] | undefined {
  const condition = writing.constant(node.input[0]);
  if (!condition) return undefined;
  const taken = Number(condition.data[0]) === 0 ? 'else_branch' : 'then_branch';
  const branch = node.attribute.find(({ name }) => name === taken)?.g;
  return branch ? insert(writing, sharing(branch, node, writing)([]), node.output, prefixOf(node)) : undefined;
}

function unrollLoop(node: Node, writing: Writing): Node[] | undefined {
  const body = subgraphsOf(node)[0];
  const [limit, condition] = [writing.constant(node.input[0]), writing.constant(node.input[1])];
  if (!body || !limit || (node.input[1] && !condition)) return undefined;
  const goesOn = stayingTrue(body);
  if (goesOn === undefined) return undefined;
  const [, , ...initial] = node.input;
  const startsAtAll = !condition || Number(condition.data[0]) !== 0;
  const count = startsAtAll ? Math.min(toNumbers(limit)[0]!, goesOn ? Infinity : 1) : 0;
  const scans = body.output.length - 1 - initial.length;
  const results = Array.from({ length: scans }, (_, k): Sequence => {
    return { value: node.output[initial.length + k] ?? '', axis: 0, reversed: false };
  });
  // Without an iteration there is nothing to tell the shape of the collected values by.
  if (count < 1 && scans > 0) return undefined;

  const collected = results.map((): string[] => []);
  let carried = initial;
  checkNodeCount(count * body.node.length, `writing out node ${nodeLabel(node)}`);
  const reading = sharing(body, node, writing);
  const nodes: Node[] = [];
  for (let i = 0; i < count; i++) {
    const prefix = `${prefixOf(node)}${i}/`;
    const number = store(writing, `${prefix}number`, int64([i], []));
    const always = store(writing, `${prefix}condition`, { type: 'bool', dims: [], data: Uint8Array.of(1) });
    const next = initial.map((_, k) => writing.fresh(`${prefix}carried${k}`));
    const kept = collected.map((_, k) => writing.fresh(`${prefix}collected${k}`));
    const step = insert(writing, reading([number, always, ...carried]), ['', ...next, ...kept], prefix);
    step.push(...raise(kept, results, collected, writing));
    nodes.push(...asStep(step, node, i));
    carried = next;
  }
  carried.forEach((value, k) => nodes.push(...named('Identity', [value], node.output[k], writing)));
  return [...nodes, ...join(collected, results, writing)];
}

/** Whether a Loop's condition stays as it was (true), or is false after one round; undefined where it is computed. */
function stayingTrue(body: Graph): boolean | undefined {
  const out = body.output[0]?.name;
  const given = body.input[1]?.name;
  const seen = new Set<string>();
  for (let name = out; name !== undefined && !seen.has(name);) {
    if (name === given) return true;
    seen.add(name);
    const wanted: string = name;
    const stored = body.initializer.find((weight) => weight.name === wanted);
    if (stored) return Number(decodeTensor(stored).data[0]) !== 0;
    const producer = body.node.find(({ output }) => output.includes(wanted));
    if (producer?.opType === 'Constant') {
      const value = producer.attribute.find((attribute) => attribute.name === 'value')?.t;
      return value ? Number(decodeTensor(value).data[0]) !== 0 : undefined;
    }
    // Exporters hand the condition on through Identity and Cast.
    name = producer && ['Identity', 'Cast'].includes(producer.opType) ? producer.input[0] : undefined;
  }
  return undefined;
}

function unrollScan(node: Node, writing: Writing): Node[] | undefined {
  const { body, initial, sequences, last, results } = scanOf(node);
  const count = writing.sizeOf(sequences[0]!.value, sequences[0]!.axis);
  if (count === undefined || count < 1) return undefined;

  checkNodeCount(count * body.node.length, `writing out node ${nodeLabel(node)}`);
  const reading = sharing(body, node, writing);
  const nodes: Node[] = [];
  const collected = results.map((): string[] => []);
  let carried = initial;
  for (let i = 0; i < count; i++) {
    const prefix = `${prefixOf(node)}${i}/`;
    const gathers = sequences.map(({ value, axis, reversed }, k) => {
      const place = reversed ? count - 1 - i : i;
      const index = store(writing, `${prefix}place${k}`, int64([place], []));
      return makeNode('Gather', [value, index], [writing.fresh(`${prefix}item${k}`)], { axis });
    });
    const items = gathers.map(({ output }) => output[0]!);
    const next = initial.map((_, k) => writing.fresh(`${prefix}carried${k}`));
    const kept = collected.map((_, k) => writing.fresh(`${prefix}collected${k}`));
    const step = insert(writing, reading([...carried, ...items]), [...next, ...kept], prefix);
    nodes.push(...asStep([...gathers, ...step, ...raise(kept, results, collected, writing)], node, i));
    carried = next;
  }
  carried.forEach((value, k) => nodes.push(...named('Identity', [value], last[k], writing)));
  return [...nodes, ...join(collected, results, writing)];
}

/** Marks the nodes of one step of a loop. */
function asStep(nodes: readonly Node[], loop: Node, step: number): readonly Node[] {
  nodes.forEach((node, place) => markStep(node, { loop: prefixOf(loop), step, place }));
  return nodes;
}

/** Gives what a step leaves the axis along which it is joined, and adds it to what the steps before it left. */
function raise(
  values: readonly string[],
  results: readonly Sequence[],
  collected: readonly string[][],
  writing: Writing,
): Node[] {
  return values.flatMap((value, k) => {
    const { value: output, axis } = results[k]!;
    if (output === '') return [];
    const raised = writing.fresh(`${value}/raised`);
    collected[k]!.push(raised);
    return [makeNode('Unsqueeze', [value, store(writing, `${raised}/axis`, int64([axis]))], [raised])];
  });
}

/** Joins what the steps left. */
function join(collected: readonly string[][], results: readonly Sequence[], writing: Writing): Node[] {
  return results.flatMap(({ value, axis, reversed }, k) =>
    named('Concat', reversed ? collected[k]!.toReversed() : collected[k]!, value, writing, { axis }),
  );
}

function named(
  op: string,
  inputs: readonly string[],
  output: string | undefined,
  { fresh }: Writing,
  attributes: Attributes = {},
): Node[] {
  if (!output) return [];
  const node = makeNode(op, inputs, [output], attributes);
  // The node that was written out may have had its output's name.
  node.name = fresh(`${output}/${op}`);
  return [node];
}

function store({ graph, fresh }: Writing, hint: string, tensor: Tensor): string {
  const name = fresh(hint);
  graph.initializer.push(encodeTensor(name, tensor));
  return name;
}
