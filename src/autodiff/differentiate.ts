/**
 * Reverse-mode differentiation of a graph into nodes of the same kind.
 *
 * Two passes: `emitForward` emits the nodes and remembers what each gradient needs; `emitBackward` walks them in
 * reverse and emits the vector–Jacobian products. Which rule serves a node is the caller's choice: with the registry's
 * rules the result is the gradient; with others it is a training-time batch norm, guided backpropagation or LRP.
 */
import { InputError } from '../errors.js';
import { valueInfo, type GraphBuilder } from '../graph/builder.js';
import type { Values } from '../graph/values.js';
import { describeNodes } from '../onnx/describe-nodes.js';
import { isStandardDomain, nodeLabel, type Node } from '../onnx/model.js';
import { valuesReadBy } from '../onnx/validate.js';
import type { ElementType } from '../tensor.js';
import type { Gradient, NodeContext, Saved } from './gradient.js';
import { GRADIENTS } from './registry.js';

/** Chooses the rule for a node; undefined where there is none. */
export type RuleFor = (node: Node) => Gradient | undefined;

/** The registry's rules. */
export const registeredRule: RuleFor = (node) =>
  isStandardDomain(node.domain) ? GRADIENTS.get(node.opType) : undefined;

/** A node that has been emitted, and what its gradient kept. */
interface TapeEntry {
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
 * @throws InputError listing every node on the way that has no gradient
 */
export function emitForward(
  g: GraphBuilder,
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor = registeredRule,
): Tape {
  const active = activeValues(nodes, values, wrt);
  const missing = nodesWithoutRule(nodes, values, wrt, ruleFor);
  if (missing.length > 0) {
    throw new InputError(`operators without a gradient: ${describeNodes(missing)} (opset ${g.opset})`);
  }
  const entries = nodes.map((node): TapeEntry => {
    const rule = ruleFor(node);
    const gradient = isActive(node, active) || rule?.replaces ? rule : undefined;
    const context = nodeContext(g, node, values);
    if (gradient?.forward) return { context, gradient, saved: gradient.forward(context) };
    g.add(node);
    return { context, gradient, saved: {} };
  });
  return { entries, active };
}

/** The nodes on the way of a gradient to one of `wrt` that it cannot pass, for want of a rule. */
export function nodesWithoutRule(
  nodes: readonly Node[],
  values: Values,
  wrt: ReadonlySet<string> | readonly string[],
  ruleFor: RuleFor = registeredRule,
): Node[] {
  const active = activeValues(nodes, values, wrt);
  return nodes.filter((node) => isActive(node, active) && !ruleFor(node));
}

function isActive(node: Node, active: ReadonlySet<string>): boolean {
  return [valuesReadBy(node), node.output].every((names) => names.some((name) => active.has(name)));
}

/**
 * Values that a gradient to one of `wrt` passes through. None passes through whole numbers (a shape, an index), unless
 * they stand for real ones: quantized values, and what is made of them.
 */
function activeValues(nodes: readonly Node[], values: Values, wrt: Iterable<string>): Set<string> {
  const active = new Set(wrt);
  const isWhole = (name: string) => values.has(name) && !isFloat(values.of(name).type);
  for (const node of nodes) {
    const read = valuesReadBy(node).filter((name) => active.has(name));
    if (read.length === 0) continue;
    const quantized = node.opType === 'QuantizeLinear' || read.some(isWhole);
    for (const output of node.output) if (output !== '' && (quantized || !isWhole(output))) active.add(output);
  }
  return active;
}

const isFloat = (type: ElementType) => type.includes('float');

function nodeContext(g: GraphBuilder, node: Node, values: Values): NodeContext {
  return {
    g,
    node,
    values,
    input: (index) => node.input[index] ?? '',
    output: (index) => node.output[index] ?? '',
    dims: (value) => values.of(value).dims,
    type: (value) => values.of(value).type,
  };
}

/**
 * Emits the backward pass.
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
    const outputGradients = node.output.map((name) => (name ? total(name) : undefined));
    if (outputGradients.every((name) => name === undefined)) continue;
    const inputGradients = gradient.backward({
      ...context,
      outputGradients,
      saved,
      get dy() {
        const first = outputGradients[0];
        if (first === undefined) throw new Error(`internal: ${nodeLabel(node)} has no gradient at its first output`);
        return first;
      },
      needs: (index) => tape.active.has(node.input[index] ?? ''),
    });
    inputGradients.forEach((name, index) => {
      const input = node.input[index];
      if (name === undefined || !input || !tape.active.has(input)) return;
      const terms = parts.get(input);
      if (terms) terms.push(name);
      else parts.set(input, [name]);
    });
  }
  return new Map(
    wrt.flatMap((value) => {
      const gradient = total(value);
      return gradient === undefined ? [] : [[value, gradient] as const];
    }),
  );
}
