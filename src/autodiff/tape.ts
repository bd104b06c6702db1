/** The two passes of reverse mode, whatever the rules: `differentiate.ts` has those of the registry. */
import { InputError } from '../errors.js';
import { GraphBuilder, valueInfo } from '../graph/builder.js';
import { definedIn } from '../graph/rewrite.js';
import { valuesOf, type Values } from '../graph/values.js';
import { subgraphsOf } from '../onnx/attributes.js';
import { describeNodes } from '../onnx/describe-nodes.js';
import { nodeLabel, onnx, type Graph, type Node } from '../onnx/model.js';
import { layerOf, marked, markOf } from '../onnx/node-mark.js';
import { valuesReadBy } from '../onnx/validate.js';
import type { ElementType } from '../tensor.js';
import { operandsOf, type Gradient, type NodeContext, type RuleFor, type Saved } from './gradient.js';

/** A node that has been emitted, and what its gradient kept. */
export interface TapeEntry {
  readonly context: NodeContext;
  readonly gradient: Gradient | undefined;
  readonly saved: Saved;
}

/** The forward pass, ready to be walked backwards. */
export interface Tape {
  readonly entries: readonly TapeEntry[];
  /** Values that depend on what is differentiated. */
  readonly active: ReadonlySet<string>;
}

/**
 * Emits the nodes of a forward pass.
 * @param wrt values whose gradients will be asked for: nodes that do not depend on them are emitted as they are, unless
 *   their rule replaces them
 * @param held values that are taken for constants
 * @throws InputError listing every node on the way that has no gradient
 */
export function emitForward(
  g: GraphBuilder,
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor,
  held: readonly string[] = [],
): Tape {
  const active = activeValues(nodes, values, wrt, held);
  const missing = nodesWithoutRule(nodes, values, wrt, ruleFor, held);
  if (missing.length > 0) {
    throw new InputError(`operators without a gradient: ${describeNodes(missing)} (opset ${g.opset})`);
  }
  for (const node of nodes) for (const name of namesIn(node)) g.reserve(name);
  const entries = nodes.map((node): TapeEntry => {
    const rule = ruleFor(node);
    const gradient = isActive(node, active) || rule?.replaces ? rule : undefined;
    const context = nodeContext(g, node, values, ruleFor);
    const { forward } = gradient ?? {};
    if (gradient && forward) {
      const mark = markOf(node) ?? { part: 'forward', layer: layerOf(node) };
      return { context, gradient, saved: marked(g.graph, mark, () => forward(context), node) };
    }
    g.add(replacedInside(g, node, ruleFor));
    return { context, gradient, saved: {} };
  });
  return { entries, active };
}

/**
 * A node, in whose bodies each node that has a rule which replaces it is emitted by the rule. The rule is told nothing of
 * the values there.
 */
export function replacedInside(g: GraphBuilder, node: Node, ruleFor: RuleFor): Node {
  const isReplaced = (inner: Node): boolean =>
    ruleFor(inner)?.replaces === true || subgraphsOf(inner).some((graph) => graph.node.some(isReplaced));
  if (!subgraphsOf(node).some((graph) => graph.node.some(isReplaced))) return node;
  const emitted = (body: Graph): Graph => {
    const b = new GraphBuilder({ opset: g.opset, prefix: `${g.fresh('body')}/` });
    for (const name of definedIn(body)) b.reserve(name);
    for (const stored of body.initializer) b.store(stored);
    emitForward(b, body.node, valuesOf(body, new Map()), [], ruleFor);
    return new onnx.GraphProto({ ...body, node: b.graph.node, initializer: b.graph.initializer });
  };
  const attribute = node.attribute.map((each) =>
    each.g ? new onnx.AttributeProto({ ...each, g: emitted(each.g) }) : each,
  );
  return new onnx.NodeProto({ ...node, attribute });
}

/** The nodes on the way of a gradient to one of `wrt` that it cannot pass, for want of a rule; those in bodies too. */
export function nodesWithoutRule(
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor,
  held: readonly string[] = [],
): Node[] {
  const active = activeValues(nodes, values, wrt, held);
  return nodes.flatMap((node) => {
    if (!isActive(node, active)) return [];
    const rule = ruleFor(node);
    if (!rule) return [node];
    const operands = operandsOf(node);
    return rule.withoutRule?.({ node, values, ruleFor, needs: (index) => active.has(operands[index] ?? '') }) ?? [];
  });
}

function isActive(node: Node, active: ReadonlySet<string>): boolean {
  return [valuesReadBy(node), node.output].every((names) => names.some((name) => active.has(name)));
}

/**
 * Values that a gradient to one of `wrt` passes through. None passes through whole numbers (a shape, an index), unless
 * they stand for real ones: quantized values, and what is made of them.
 * @param held values that none passes through
 */
export function activeValues(
  nodes: readonly Node[],
  values: Values,
  wrt: Iterable<string>,
  held: readonly string[] = [],
): Set<string> {
  const active = new Set(wrt);
  const constant = new Set(held);
  const isWhole = (name: string) => values.has(name) && !isFloat(values.of(name).type);
  for (const node of nodes) {
    const read = valuesReadBy(node).filter((name) => active.has(name));
    if (read.length === 0) continue;
    const quantized = node.opType === 'QuantizeLinear' || read.some(isWhole);
    for (const output of node.output) {
      if (output !== '' && !constant.has(output) && (quantized || !isWhole(output))) active.add(output);
    }
  }
  return active;
}

const isFloat = (type: ElementType) => type.includes('float');

/** Names that a node gives to values, those inside of it too. */
function namesIn(node: Node): string[] {
  return [
    ...node.output,
    ...subgraphsOf(node).flatMap((graph) => [...definedIn(graph), ...graph.node.flatMap(namesIn)]),
  ];
}

function nodeContext(g: GraphBuilder, node: Node, values: Values, ruleFor: RuleFor): NodeContext {
  return {
    g,
    node,
    values,
    input: (index) => node.input[index] ?? '',
    output: (index) => node.output[index] ?? '',
    dims: (value) => values.of(value).dims,
    type: (value) => values.of(value).type,
    ruleFor,
  };
}

/**
 * Walks the tape backwards: emits the vector–Jacobian product of each node, and the sums where a value is read several times.
 * @param g where it is emitted: the graph of the forward pass, or the body of a node in it
 * @param seeds gradients that are given: for a scalar loss, a 1 at the loss
 * @param wrt values whose gradients are wanted
 * @returns the name of the gradient to each of `wrt`; a value that no seed depends on is missing
 */
export function emitBackward(
  g: GraphBuilder,
  tape: Tape,
  seeds: ReadonlyMap<string, string>,
  wrt: readonly string[],
): Map<string, string> {
  const parts = new Map<string, string[]>();
  for (const [value, gradient] of seeds) parts.set(value, [gradient]);
  const sums = new Map<string, string>();
  const values = tape.entries[0]?.context.values;
  const declared = new Set<string>();
  /**
   * A gradient has the shape of its value. ONNX Runtime cannot find that out where a shape is computed, and plans memory for
   * values of unknown sizes in a time that grows with the square of their number.
   */
  const declare = (gradient: string, value: string) => {
    if (!values?.has(value) || declared.has(gradient) || seeds.get(value) === gradient) return;
    declared.add(gradient);
    const { type, dims } = values.of(value);
    if (isFloat(type)) g.graph.valueInfo.push(valueInfo(gradient, type, dims));
  };
  const total = (value: string): string | undefined => {
    const terms = parts.get(value);
    if (!terms) return undefined;
    // Every reader of a value stands after it, so its parts are complete when the walk back arrives at its producer.
    if (!sums.has(value)) {
      const sum = terms.length === 1 ? terms[0]! : g.op('Sum', terms);
      sums.set(value, sum);
      declare(sum, value);
    }
    return sums.get(value);
  };
  for (const { context, gradient, saved } of [...tape.entries].reverse()) {
    if (!gradient) continue;
    const { node } = context;
    const operands = operandsOf(node);
    const outputGradients = node.output.map((name) => (name ? total(name) : undefined));
    if (outputGradients.every((name) => name === undefined)) continue;
    const backward = (): readonly (string | undefined)[] =>
      gradient.backward({
        ...context,
        g,
        outputGradients,
        saved,
        get dy() {
          const first = outputGradients[0];
          if (first === undefined) throw new Error(`internal: ${nodeLabel(node)} has no gradient at its first output`);
          return first;
        },
        needs: (index) => tape.active.has(operands[index] ?? ''),
      });
    const operandGradients = marked(g.graph, { part: 'backward', layer: layerOf(node) }, backward);
    operandGradients.forEach((name, index) => {
      const operand = operands[index];
      if (name === undefined || !operand || !tape.active.has(operand)) return;
      const terms = parts.get(operand);
      if (terms) terms.push(name);
      else parts.set(operand, [name]);
    });
  }
  return new Map(
    wrt.flatMap((value) => {
      const gradient = total(value);
      return gradient === undefined ? [] : [[value, gradient] as const];
    }),
  );
}
