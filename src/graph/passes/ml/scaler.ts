import { floatsAttribute } from '../../../onnx/attributes.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import { float32 } from '../../../tensor.js';
import type { MlContext } from './ml-operator.js';

/** Scaler: y = (x − offset)·scale, one of each a feature or one for all. */
export function scaler({ node, emit, store }: MlContext): boolean {
  const constant = (name: string, fallback: number) => store(float32(floatsAttribute(node, name) ?? [fallback]), name);
  const x = emit('Cast', [node.input[0]!], { hint: 'input' }, { to: elementTypeCode('float32') });
  const centred = emit('Sub', [x, constant('offset', 0)], { hint: 'centred' });
  emit('Mul', [centred, constant('scale', 1)], { name: node.output[0]! });
  return true;
}
