/** Small pieces that elementwise gradients share. */
import { elementTypeCode } from '../onnx/element-type.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { ElementType } from '../tensor.js';

/** A truth value as 1 or 0 of a floating-point type. */
export function booleanMask(g: GraphBuilder, condition: string, type: ElementType): string {
  return g.op('Cast', [condition], { to: elementTypeCode(type) });
}
