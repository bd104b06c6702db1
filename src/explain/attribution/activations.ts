/** Which nodes only change what a linear layer or a pool has computed, element by element. */
import type { Node } from '../../onnx/model.js';
import { valuesReadBy } from '../../onnx/validate.js';

/** Activation functions: elementwise, without weights that mix elements. */
export const ACTIVATIONS: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'Clip', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Gelu', 'Mish', 'HardSwish'],
  ...['Sigmoid', 'HardSigmoid', 'Tanh', 'Softplus', 'Softsign', 'Swish'],
]);

/** Operators that belong to the layer before them: its normalisation, the residual that is added, its activation. */
const FOLLOWERS: ReadonlySet<string> = new Set([...ACTIVATIONS, 'BatchNormalization', 'Add', 'Sum', 'Mul']);

/** The last node of the unbranched chain of normalisation, addition and activation that begins at a node. */
export function activationAfter(nodes: readonly Node[], start: Node): Node {
  let last = start;
  for (;;) {
    const readers = nodes.filter((node) => node.output.length > 0 && valuesReadBy(node).includes(last.output[0]!));
    const [next] = readers;
    if (readers.length !== 1 || !next || !FOLLOWERS.has(next.opType)) return last;
    last = next;
  }
}
