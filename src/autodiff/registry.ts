/**
 * The operators that gradients are known for, by families. To add an operator: an entry in the table of its family in
 * `gradients/`, with the formula as its docstring; `npm run ops` brings OPS.md up to date. To add a family: a file, and a
 * line here.
 */
import type { Gradient, GradientTable } from './gradient.js';
import { activations } from './gradients/activations.js';
import { arithmetic } from './gradients/arithmetic.js';
import { conv } from './gradients/conv.js';
import { convTranspose } from './gradients/conv-transpose.js';
import { dropout } from './gradients/dropout.js';
import { einsum } from './gradients/einsum.js';
import { elementwise } from './gradients/elementwise.js';
import { gemm } from './gradients/gemm.js';
import { matmul } from './gradients/matmul.js';
import { movement } from './gradients/movement.js';
import { normalization } from './gradients/normalization.js';
import { pooling } from './gradients/pooling.js';
import { quantization } from './gradients/quantization.js';
import { reductions } from './gradients/reductions.js';
import { resize } from './gradients/resize.js';
import { scan } from './gradients/scan.js';
import { selection } from './gradients/selection.js';
import { shapes } from './gradients/shapes.js';

const FAMILIES: readonly GradientTable[] = [
  activations,
  arithmetic,
  conv,
  convTranspose,
  dropout,
  einsum,
  elementwise,
  gemm,
  matmul,
  movement,
  normalization,
  pooling,
  quantization,
  reductions,
  resize,
  scan,
  selection,
  shapes,
];

/** Operators whose outputs do not follow small changes of their inputs: steps, truth values, choices, sizes, chance. */
export const WITHOUT_GRADIENT: readonly string[] = [
  'And',
  'ArgMax',
  'ArgMin',
  'Bernoulli',
  'BitShift',
  'BitwiseAnd',
  'BitwiseNot',
  'BitwiseOr',
  'BitwiseXor',
  'Ceil',
  'Constant',
  'ConstantOfShape',
  'Equal',
  'EyeLike',
  'Floor',
  'Greater',
  'GreaterOrEqual',
  'Hardmax',
  'IsInf',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'Multinomial',
  'NonMaxSuppression',
  'NonZero',
  'Not',
  'OneHot',
  'Or',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Range',
  'Round',
  'Shape',
  'Sign',
  'Size',
  'Unique',
  'Xor',
];

const NONE: Gradient = { backward: () => [] };

/** Every gradient, by operator. */
export const GRADIENTS: ReadonlyMap<string, Gradient> = new Map([
  ...FAMILIES.flatMap((family) => Object.entries(family)),
  ...WITHOUT_GRADIENT.map((op) => [op, NONE] as const),
]);
