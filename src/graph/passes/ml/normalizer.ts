import { stringAttribute } from '../../../onnx/attributes.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import { float32, int64 } from '../../../tensor.js';
import type { MlContext } from './ml-operator.js';
import { table } from '../../../table.js';

const NORMS = table<string>({ MAX: 'ReduceMax', L1: 'ReduceL1', L2: 'ReduceL2' });

/** Normalizer: y = x / ‖x‖ for each row; a row of zeros stays one. What a softmax gives has an L1 norm of 1 already. */
export function normalizer({ node, emit, store, producerOf }: MlContext): boolean {
  const kind = stringAttribute(node, 'norm', 'MAX');
  const reduce = NORMS[kind];
  if (!reduce) return false;
  const name = node.output[0]!;
  if (kind === 'L1' && producerOf(node.input[0]!) === 'Softmax') {
    emit('Identity', [node.input[0]!], { name });
    return true;
  }
  const x = emit('Cast', [node.input[0]!], { hint: 'input' }, { to: elementTypeCode('float32') });
  const norm = emit(reduce, [x, store(int64([-1]), 'axes')], { hint: 'norm' });
  const isZero = emit('Equal', [norm, store(float32([0], []), 'zero')], { hint: 'is_zero' });
  const divisor = emit('Where', [isZero, store(float32([1], []), 'one'), norm], { hint: 'divisor' });
  emit('Div', [x, divisor], { name });
  return true;
}
