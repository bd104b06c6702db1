import type { MlContext } from './ml-operator.js';

/** ZipMap makes a dictionary of each row of probabilities, which is no tensor: the rows come out as they are. */
export function zipMap({ node, emit, declareOutput }: MlContext): boolean {
  emit('Identity', [node.input[0]!], { name: node.output[0]! });
  declareOutput(node.output[0]!, 'float32');
  return true;
}
