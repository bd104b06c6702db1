/** Which values are known to have no element below zero. */
import type { Values } from '../../../graph/values.js';
import { floatAttribute } from '../../../onnx/attributes.js';
import type { Node } from '../../../onnx/model.js';
import { toNumbers } from '../../../tensor.js';

/** Operators whose output has no element below zero, whatever goes in. */
const POSITIVE = new Set(['Relu', 'Sigmoid', 'HardSigmoid', 'Softmax', 'Softplus', 'Exp', 'Abs', 'ThresholdedRelu']);

/** Operators whose output has no element below zero where their inputs have none. */
const KEEPS_SIGN = new Set([
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'ReduceMean', 'ReduceSum', 'ReduceMax', 'Max'],
  ...['Add', 'Sum', 'Mean', 'Mul', 'Flatten', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity', 'Dropout'],
  ...['Concat', 'Split', 'Slice', 'Gather', 'Expand', 'Tile', 'DepthToSpace', 'SpaceToDepth'],
]);

/**
 * @param nodes in topological order
 * @param isFed whether a value changes from call to call, whatever is stored of it
 */
export function nonNegativeValues(
  nodes: readonly Node[],
  values: Values,
  isFed: (value: string) => boolean,
): (value: string) => boolean {
  const known = new Set<string>();
  const isKnown = (value: string): boolean => {
    if (known.has(value)) return true;
    const constant = isFed(value) ? undefined : values.constant(value);
    return constant?.type === 'float32' && toNumbers(constant).every((number) => number >= 0);
  };
  for (const node of nodes) {
    const { opType, input, output } = node;
    const data = ['Reshape', 'Squeeze', 'Unsqueeze', 'Slice', 'Gather', 'Expand', 'Tile', 'Split', 'Dropout'];
    const operands = data.includes(opType) || opType.startsWith('Reduce') ? input.slice(0, 1) : input;
    const clipped = opType === 'Clip' && input[1] && isKnown(input[1]);
    const leaky = opType === 'LeakyRelu' && floatAttribute(node, 'alpha', 0.01) === 0;
    if (POSITIVE.has(opType) || clipped || leaky || (KEEPS_SIGN.has(opType) && operands.every(isKnown))) {
      known.add(output[0]!);
      if (opType === 'Split') for (const name of output) known.add(name);
    }
  }
  return (value) => known.has(value);
}
