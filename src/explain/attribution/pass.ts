/** One forward and one backward pass as a graph: what every method here is made of. */
import { emitBackward, emitForward, untrainedRule, type RuleFor } from '../../autodiff/differentiate.js';
import { InputError } from '../../errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import { nodesLeadingTo } from '../../graph/reachable.js';
import { BATCH } from '../../graph/values.js';
import { graphOf, opsetOf, type Node } from '../../onnx/model.js';
import { float32, int64 } from '../../tensor.js';
import type { Classifier } from '../../classifier/classifier.js';
import type { PassContext } from './pass-context.js';

/** Input of a graph: int64 [batch], the class that each example is explained for. */
export const TARGET = 'attribution/target';
/** Output of a graph: float32 [batch], the score of that class. */
export const OUTPUT = 'attribution/output';

/** Where a backward pass starts, where it leads, and by which rules. */
export interface PassOptions {
  /** The value that the backward pass starts from. */
  readonly from: string;
  /** Emits what is given there, in that value's shape; the forward pass stands before it. */
  readonly seed: (g: GraphBuilder) => string;
  /** The values whose gradients, or relevance, are wanted. */
  readonly wrt: readonly string[];
  /** Rules of the operators; those of the gradient by default. */
  readonly ruleFor?: RuleFor | undefined;
}

/** A graph with both passes; what is to come out of it is declared by whoever asked for it. */
export interface AttributionPass {
  readonly g: GraphBuilder;
  /** The gradient, or relevance, of each value asked for, in their order. */
  readonly gradients: readonly string[];
}

/**
 * Emits a graph that takes a batch of the model's input, the weights that are fed, and whatever the seed needs.
 * @throws InputError listing every node on the way that has no rule, or when nothing leads from a value to the start
 */
export function emitPass(
  context: Pick<PassContext, 'explained' | 'weights'>,
  { from, seed, wrt, ruleFor = untrainedRule }: PassOptions,
): AttributionPass {
  const { g, nodes } = beginPass(context, from);
  const { values } = context.explained;
  const tape = emitForward(g, nodes, values, wrt, ruleFor);
  const gradients = emitBackward(g, tape, new Map([[from, seed(g)]]), wrt);
  const missing = wrt.find((value) => !gradients.has(value));
  if (missing !== undefined) throw new InputError(`"${from}" does not depend on "${missing}"; choose another layer`);
  return { g, gradients: wrt.map((value) => gradients.get(value)!) };
}

/** A graph with the inputs and the stored tensors of a pass, and the nodes that lead to a value. */
export function beginPass(
  { explained: { model, values, input }, weights }: Pick<PassContext, 'explained' | 'weights'>,
  to: string,
): { readonly g: GraphBuilder; readonly nodes: readonly Node[] } {
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'attribution', prefix: 'attribution/' });
  const declare = (name: string) => g.input(name, values.of(name).type, values.of(name).dims);
  declare(input.name);
  const graph = graphOf(model);
  const fed = new Set(weights?.names);
  for (const stored of graph.initializer) {
    if (fed.has(stored.name)) declare(stored.name);
    else g.store(stored);
  }
  return { g, nodes: nodesLeadingTo(graph.node, [to]) };
}

/**
 * A seed at the class scores: 1 (`one`) or the score itself (`score`) at the target, 0 elsewhere. Declares the input
 * TARGET and the output OUTPUT. Where there is one score for two classes, class 0 has its negative.
 */
export function targetSeed({ scores, outputs }: Classifier, start: 'one' | 'score') {
  return (g: GraphBuilder): string => {
    const target = g.input(TARGET, 'int64', [BATCH]);
    const hot = outputs === 1 ? signOfClass(g, target) : oneHot(g, target, outputs);
    const score = g.op('Mul', [scores, hot]);
    g.output(g.rename(g.op('ReduceSum', [score, g.ints([1])], { keepdims: 0 }), OUTPUT), 'float32', [BATCH]);
    return start === 'one' ? hot : score;
  };
}

function oneHot(g: GraphBuilder, target: string, classes: number): string {
  const depth = g.constant(int64([classes], []));
  return g.op('OneHot', [target, depth, g.constant(float32([0, 1]))], { axis: 1 });
}

/** −1 for class 0 and 1 for class 1, as a column. */
function signOfClass(g: GraphBuilder, target: string): string {
  return g.op('Unsqueeze', [g.op('Gather', [g.constant(float32([-1, 1])), target]), g.ints([1])]);
}
