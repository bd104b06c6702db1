/** Where a classifier's decision is read off. */
import { elementTypeName } from '../onnx/element-type.js';
import { graphOf, type Graph, type Model, type Node } from '../onnx/model.js';

/** What ends a model that gives probabilities; the loss contains it. */
const LAST_ACTIVATIONS = new Set(['Softmax', 'LogSoftmax', 'Sigmoid']);

/** What may stand behind it. */
const FORWARDING = new Set(['Identity', 'Cast']);

/**
 * Where the class scores are taken: from the first output of real numbers (a label may be given out before them), before a
 * softmax or sigmoid that ends the model, which the loss contains. Of the probabilities 1 − σ(s) and σ(s) of two classes
 * it is the one score s.
 */
export function scoresOf(model: Model): string {
  const graph = graphOf(model);
  const name = graph.output.find(isReal)?.name ?? graph.output[0]?.name ?? '';
  let producer = producerOf(graph, name);
  while (producer && FORWARDING.has(producer.opType)) producer = producerOf(graph, producer.input[0]!);
  if (producer?.opType === 'Concat') producer = sigmoidOfPair(graph, producer);
  return producer && LAST_ACTIVATIONS.has(producer.opType) ? producer.input[0]! : name;
}

function producerOf({ node }: Graph, name: string): Node | undefined {
  return node.find((candidate) => candidate.output.includes(name));
}

function isReal({ type }: Graph['output'][number]): boolean {
  const element = elementTypeName(type?.tensorType?.elemType ?? 0);
  return element?.includes('float') ?? false;
}

/** The sigmoid p in the pair 1 − p, p. */
function sigmoidOfPair(graph: Graph, { input }: Node): Node | undefined {
  const [first, second] = input.map((name) => producerOf(graph, name));
  const isComplement = input.length === 2 && first?.opType === 'Sub' && first.input[1] === input[1];
  return isComplement && second?.opType === 'Sigmoid' ? second : undefined;
}
