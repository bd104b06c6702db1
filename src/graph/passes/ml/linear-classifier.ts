import { floatsAttribute, intsAttribute, stringAttribute, stringsAttribute } from '../../../onnx/attributes.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import { float32, int64, type Tensor } from '../../../tensor.js';
import type { MlContext } from './ml-operator.js';
import { table } from '../../../table.js';

/** The operators that give probabilities. */
const TRANSFORMS = table<string>({ NONE: 'Identity', SOFTMAX: 'Softmax', LOGISTIC: 'Sigmoid' });

/**
 * LinearClassifier: s = W x + b, probabilities by a transform, and the label of the largest. A logistic decision between
 * two classes, which has the rows −w and w, becomes one row: p = σ(w x + b), and 1 − p for the first class.
 */
export function linearClassifier({ node, emit, store }: MlContext): boolean {
  const coefficients = floatsAttribute(node, 'coefficients') ?? [];
  const labels = labelsOf(node);
  const transform = stringAttribute(node, 'post_transform', 'NONE');
  const operator = TRANSFORMS[transform];
  const intercepts = floatsAttribute(node, 'intercepts') ?? [];
  const rows = intercepts.length === 0 ? (labels?.data.length ?? 0) : intercepts.length;
  const columns = coefficients.length / rows;
  if (!operator || !labels || !Number.isInteger(columns)) return false;
  const isPair =
    labels.data.length === 2 && operator === 'Sigmoid' && (rows === 1 || areOpposite(coefficients, intercepts));
  if (!isPair && rows !== labels.data.length) return false;

  const [label, scores] = [node.output[0] ?? '', node.output[1] ?? ''];
  const from = isPair ? rows - 1 : 0;
  const bias = intercepts.length === 0 ? new Array<number>(rows).fill(0) : intercepts;
  const weight = store(float32(coefficients.slice(from * columns), [rows - from, columns]), 'coefficients');
  const offset = store(float32(bias.slice(from), [rows - from]), 'intercepts');
  // It takes numbers of any type.
  const x = emit('Cast', [node.input[0]!], { hint: 'input' }, { to: elementTypeCode('float32') });
  const linear = emit('Gemm', [x, weight, offset], { hint: 'linear' }, { transB: 1 });
  const named = scores === '' ? { hint: 'probabilities' } : { name: scores };
  let probabilities: string;
  if (isPair) {
    const second = emit('Sigmoid', [linear], { hint: 'second' });
    const first = emit('Sub', [store(float32([1], []), 'one'), second], { hint: 'first' });
    probabilities = emit('Concat', [first, second], named, { axis: 1 });
  } else {
    probabilities = emit(operator, [linear], named, operator === 'Softmax' ? { axis: 1 } : {});
  }
  if (label !== '') {
    const place = emit('ArgMax', [probabilities], { hint: 'place' }, { axis: 1, keepdims: 0 });
    emit('Gather', [store(labels, 'labels'), place], { name: label }, { axis: 0 });
  }
  return true;
}

function labelsOf(node: MlContext['node']): Tensor | undefined {
  const numbers = intsAttribute(node, 'classlabels_ints');
  if (numbers && numbers.length > 0) return int64(numbers);
  const names = stringsAttribute(node, 'classlabels_strings');
  return names && names.length > 0 ? { type: 'string', dims: [names.length], data: names } : undefined;
}

/** Whether the second half of the rows is the first with the other sign. */
function areOpposite(...lists: readonly (readonly number[])[]): boolean {
  return lists.every((list) => {
    const half = list.length / 2;
    return list.slice(half).every((value, i) => value === -list[i]!);
  });
}
