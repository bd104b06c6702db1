/**
 * The conservation ledger: what relevance went into each node and what came out, so that a leak has a name.
 *
 * Each piece of relevance that a node hands to one of its inputs is summed once, in float64, and stands on both sides of
 * the books: it is what left the one node and arrived at the next. So the output minus all that was absorbed is exactly
 * what arrived at the input.
 */
import type { RuleFor } from '../../autodiff/differentiate.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { BATCH, type Values } from '../../graph/values.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import type { Node } from '../../onnx/model.js';
import { nodeName } from '../../graph/find-node.js';

/** One node of the ledger; `in` − `out` is what it absorbed. */
export interface LedgerEntry {
  /** Name of the node. */
  readonly node: string;
  readonly op: string;
  /** The rule that served it. */
  readonly rule: string;
  /** Relevance that arrived from above. */
  readonly in: number;
  /** Relevance handed on to the node's inputs. */
  readonly out: number;
  /** Part of what was absorbed that the bias took. */
  readonly bias: number;
}

/** Relevance on its way from one node to one of the values that it reads. */
interface Piece {
  readonly node: Node;
  readonly value: string;
  /** The relevance, in the value's shape. */
  readonly relevance: string;
}

/** Watches a backward pass. */
export interface LedgerRecorder {
  /** The same rules, watched. */
  readonly ruleFor: RuleFor;
  /** Notes what the bias of a node took, in the shape of the node's output. */
  tookBias(node: Node, share: string): void;
  /** Declares the output that the ledger is read from. @param seed relevance that the scores start with */
  emit(g: GraphBuilder, values: Values, scores: string, seed: string): void;
  /** The ledger of one example, from the output side to the input. @param row of the output */
  read(row: ArrayLike<number>, ruleOf: (node: Node) => string): LedgerEntry[];
}

/** Output of the graph: float64 [batch, sums]. */
export const LEDGER = 'attribution/ledger';

/** Watches the rules of a backward pass. */
export function recordLedger(rules: RuleFor): LedgerRecorder {
  const pieces: Piece[] = [];
  const biases = new Map<Node, string>();
  /** Nodes in the order in which relevance visits them. */
  const visited: Node[] = [];
  let start = '';
  return {
    ruleFor: (node) => {
      const rule = rules(node);
      if (!rule) return undefined;
      return {
        ...rule,
        backward: (context) => {
          visited.push(node);
          const inputs = rule.backward(context);
          inputs.forEach((relevance, index) => {
            const value = node.input[index];
            if (relevance !== undefined && value && context.needs(index)) pieces.push({ node, value, relevance });
          });
          return inputs;
        },
      };
    },
    tookBias: (node, share) => biases.set(node, share),
    emit: (g, values, scores, seed) => {
      start = scores;
      // A batch that is fixed is a number, as the other sizes are.
      const [examples] = values.of(scores).dims;
      const sum = (like: string, relevance: string) =>
        typeof examples === 'number'
          ? sumOfRow(g, values, like, relevance, examples)
          : sumOfExample(g, values, like, relevance);
      const sums = [
        sum(scores, seed),
        ...pieces.map(({ value, relevance }) => sum(value, relevance)),
        ...[...biases].map(([node, share]) => sum(node.output[0]!, share)),
      ];
      g.output(g.rename(g.op('Concat', sums, { axis: 1 }), LEDGER), 'float64', [BATCH, sums.length]);
    },
    read: (row, ruleOf) => {
      const sums = Array.from(row);
      const arrived = new Map<string, number>([[start, sums[0]!]]);
      const left = new Map<Node, number>();
      pieces.forEach(({ node, value }, i) => {
        const sum = sums[1 + i]!;
        arrived.set(value, (arrived.get(value) ?? 0) + sum);
        left.set(node, (left.get(node) ?? 0) + sum);
      });
      const bias = new Map([...biases.keys()].map((node, i) => [node, sums[1 + pieces.length + i]!]));
      return visited.map((node) => ({
        node: nodeName(node),
        op: node.opType,
        rule: ruleOf(node),
        in: node.output.reduce((sum, name) => sum + (arrived.get(name) ?? 0), 0),
        out: left.get(node) ?? 0,
        bias: bias.get(node) ?? 0,
      }));
    },
  };
}

/**
 * The sum over all elements of each of so many examples, float64 [examples, 1]: they stand along the first axis, or have one
 * value in common, of which each gets its share.
 */
function sumOfRow(g: GraphBuilder, values: Values, like: string, relevance: string, examples: number): string {
  const exact = g.op('Cast', [relevance], { to: elementTypeCode('float64') });
  const [first] = values.of(like).dims;
  if (typeof first === 'number' && first % examples === 0) {
    return g.op('ReduceSum', [g.op('Reshape', [exact, g.ints([examples, -1])]), g.ints([1])], { keepdims: 1 });
  }
  const sum = g.op('ReduceSum', [g.op('Reshape', [exact, g.ints([1, -1])]), g.ints([1])], { keepdims: 1 });
  const share = g.op('Div', [sum, g.scalar(examples, 'float64')]);
  return g.op('Expand', [share, g.ints([examples, 1])]);
}

/** The sum over all elements of an example, float64 [batch, 1]. @param like the value that has the relevance's shape */
function sumOfExample(g: GraphBuilder, values: Values, like: string, relevance: string): string {
  const { dims } = values.of(like);
  const exact = g.op('Cast', [relevance], { to: elementTypeCode('float64') });
  const axis = Math.max(
    0,
    dims.findIndex((dim) => typeof dim === 'string'),
  );
  const order = [axis, ...dims.keys()].filter((each, i) => i === 0 || each !== axis);
  const first = axis === 0 ? exact : g.op('Transpose', [exact], { perm: order });
  // An example may have several rows along the axis that follows the batch.
  const follows = dims[axis];
  const rows = typeof follows === 'string' && follows.endsWith(`*${BATCH}`) ? Number.parseInt(follows, 10) : 1;
  const elements = dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), rows);
  const flat = g.op('Reshape', [first, g.ints([-1, elements])]);
  return g.op('ReduceSum', [flat, g.ints([1])], { keepdims: 1 });
}
