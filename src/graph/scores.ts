/** Where a classifier's decision is read off. */
import { graphOf, type Model } from '../onnx/model.js';

/** Where the class scores are taken: before a softmax or sigmoid that ends the model, which the loss contains. */
export function scoresOf(model: Model): string {
  const { node, output } = graphOf(model);
  const name = output[0]?.name ?? '';
  const producer = node.find((candidate) => candidate.output.includes(name));
  return producer && ['Softmax', 'LogSoftmax', 'Sigmoid'].includes(producer.opType) ? producer.input[0]! : name;
}
