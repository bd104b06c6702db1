/** The parts of a Scan: a body that is applied once a step, to states and to one item of each sequence. */
import { InputError } from '../errors.js';
import { intAttribute, intsAttribute, subgraphsOf } from '../onnx/attributes.js';
import { isStandardDomain, nodeLabel, type Graph, type Node } from '../onnx/model.js';
import { makeNode } from './builder.js';

/** What a Scan takes items from, or stacks them up to. */
export interface Sequence {
  /** The value that holds the items; `''` for a result that nobody reads. */
  readonly value: string;
  /** The axis along which they lie. */
  readonly axis: number;
  /** Whether the first step has the last item. */
  readonly reversed: boolean;
}

/** A Scan, taken apart. */
export interface Scan {
  /** Takes states, then one item of each sequence; gives the next states, then one item of each result. */
  readonly body: Graph;
  /** States before the first step. */
  readonly initial: readonly string[];
  readonly sequences: readonly Sequence[];
  /** States after the last step, as many as there are before the first; `''` for one that nobody reads. */
  readonly last: readonly string[];
  readonly results: readonly Sequence[];
}

/** Whether a node is a Scan. */
export function isScan(node: Node): boolean {
  return node.opType === 'Scan' && isStandardDomain(node.domain);
}

/** Takes a Scan apart. @throws InputError for one without a body or a sequence, which the standard does not allow */
export function scanOf(node: Node): Scan {
  const [body] = subgraphsOf(node);
  const count = intAttribute(node, 'num_scan_inputs', 0);
  if (!body || count < 1 || count > node.input.length) {
    throw new InputError(`node ${nodeLabel(node)} has no body or no sequence to scan; export the model again`);
  }
  const states = node.input.length - count;
  const sequences = (values: readonly string[], name: 'input' | 'output') => {
    const axes = intsAttribute(node, `scan_${name}_axes`);
    const directions = intsAttribute(node, `scan_${name}_directions`);
    return values.map((value, i) => ({ value, axis: axes?.[i] ?? 0, reversed: directions?.[i] === 1 }));
  };
  const outputs = body.output.map((_, i) => node.output[i] ?? '');
  return {
    body,
    initial: node.input.slice(0, states),
    sequences: sequences(node.input.slice(states), 'input'),
    last: outputs.slice(0, states),
    results: sequences(outputs.slice(states), 'output'),
  };
}

/** Puts a Scan together. */
export function makeScan({ body, initial, sequences, last, results }: Scan): Node {
  const axes = (of: readonly Sequence[]) => of.map(({ axis }) => axis);
  const directions = (of: readonly Sequence[]) => of.map(({ reversed }) => (reversed ? 1 : 0));
  const values = (of: readonly Sequence[]) => of.map(({ value }) => value);
  const listed = (list: number[]) => (list.length === 0 ? undefined : list);
  const node = makeNode('Scan', [...initial, ...values(sequences)], [...last, ...values(results)], {
    body,
    num_scan_inputs: sequences.length,
    scan_input_axes: axes(sequences),
    scan_input_directions: directions(sequences),
    scan_output_axes: listed(axes(results)),
    scan_output_directions: listed(directions(results)),
  });
  node.name = node.output.find((name) => name !== '') ?? '';
  return node;
}
