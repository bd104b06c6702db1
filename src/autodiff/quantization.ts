/** Scales and zero points of quantized values. */
import { InputError } from '../errors.js';
import { intAttribute } from '../onnx/attributes.js';
import { nodeLabel } from '../onnx/model.js';
import { axisOf } from './axes.js';
import type { NodeContext } from './gradient.js';

/**
 * A scale or zero point, one number or one per channel, shaped to broadcast over the quantized value.
 * @throws InputError for scales of blocks
 */
export function alongAxis(context: NodeContext, value: string): string {
  const { g, node, input, dims } = context;
  const shape = dims(input(1));
  if (shape.length > 1 || intAttribute(node, 'block_size', 0) !== 0) {
    throw new InputError(`node ${nodeLabel(node)}: quantization in blocks has no gradient; quantize by tensor or axis`);
  }
  const behind = dims(input(0)).length - 1 - axisOf(context, 1);
  if (shape.length === 0 || behind <= 0) return value;
  return g.op('Reshape', [value, g.ints([-1, ...Array.from({ length: behind }, () => 1)])]);
}
