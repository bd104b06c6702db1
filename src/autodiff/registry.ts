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

/**
 * Operators whose outputs do not follow small changes of their inputs, by what they give: a gradient ends there, and so does
 * the gradient of a gradient. What is in none of the tables stops a differentiation (see `nodesWithoutRule`).
 */
export const WITHOUT_GRADIENT: Readonly<Record<string, readonly string[]>> = {
  'a constant': ['Constant'],
  'truth values': [
    'And',
    'Equal',
    'Greater',
    'GreaterOrEqual',
    'IsInf',
    'IsNaN',
    'Less',
    'LessOrEqual',
    'Not',
    'Or',
    'Xor',
  ],
  'steps, whose slope is 0 wherever they have one': ['Ceil', 'Floor', 'Round', 'Sign'],
  'places of elements': ['ArgMax', 'ArgMin', 'Hardmax', 'NonMaxSuppression', 'NonZero', 'OneHot', 'Unique'],
  'sizes, or what follows from them': ['ConstantOfShape', 'EyeLike', 'Range', 'Shape', 'Size'],
  'whole numbers, bit by bit': ['BitShift', 'BitwiseAnd', 'BitwiseNot', 'BitwiseOr', 'BitwiseXor'],
  'random numbers': [
    'Bernoulli',
    'Multinomial',
    'RandomNormal',
    'RandomNormalLike',
    'RandomUniform',
    'RandomUniformLike',
  ],
};

const NONE: Gradient = { backward: () => [] };

/** Every gradient, by operator. */
export const GRADIENTS: ReadonlyMap<string, Gradient> = new Map([
  ...FAMILIES.flatMap((family) => Object.entries(family)),
  ...Object.values(WITHOUT_GRADIENT)
    .flat()
    .map((op) => [op, NONE] as const),
]);
