/**
 * The operators that gradients are known for. To add one: a file in `gradients/`, and a line here; `npm run ops` brings
 * OPS.md up to date.
 */
import { noGradient, type Gradient } from './gradient.js';
import { abs } from './gradients/abs.js';
import { add } from './gradients/add.js';
import { averagePool } from './gradients/average-pool.js';
import { batchNormalization } from './gradients/batch-normalization.js';
import { castLike } from './gradients/cast-like.js';
import { cast } from './gradients/cast.js';
import { clip } from './gradients/clip.js';
import { concat } from './gradients/concat.js';
import { conv } from './gradients/conv.js';
import { div } from './gradients/div.js';
import { dropout } from './gradients/dropout.js';
import { erf } from './gradients/erf.js';
import { exp } from './gradients/exp.js';
import { expand } from './gradients/expand.js';
import { flatten } from './gradients/flatten.js';
import { gelu } from './gradients/gelu.js';
import { gemm } from './gradients/gemm.js';
import { globalAveragePool } from './gradients/global-average-pool.js';
import { identity } from './gradients/identity.js';
import { leakyRelu } from './gradients/leaky-relu.js';
import { log } from './gradients/log.js';
import { logSoftmax } from './gradients/log-softmax.js';
import { matMul } from './gradients/matmul.js';
import { maxPool } from './gradients/max-pool.js';
import { mul } from './gradients/mul.js';
import { neg } from './gradients/neg.js';
import { pad } from './gradients/pad.js';
import { pow } from './gradients/pow.js';
import { reduceMean } from './gradients/reduce-mean.js';
import { reduceSum } from './gradients/reduce-sum.js';
import { relu } from './gradients/relu.js';
import { reshape } from './gradients/reshape.js';
import { sigmoid } from './gradients/sigmoid.js';
import { softmax } from './gradients/softmax.js';
import { sqrt } from './gradients/sqrt.js';
import { squeeze } from './gradients/squeeze.js';
import { sub } from './gradients/sub.js';
import { sum } from './gradients/sum.js';
import { tanh } from './gradients/tanh.js';
import { transpose } from './gradients/transpose.js';
import { unsqueeze } from './gradients/unsqueeze.js';
import { where } from './gradients/where.js';

/** Operators whose output does not change with small changes of the input, or does not depend on its elements. */
const WITHOUT_GRADIENT = ['Constant', 'ConstantOfShape', 'Shape', 'Size'];

/** Every gradient, in the order of OPS.md. */
export const GRADIENTS: readonly Gradient[] = [
  abs,
  add,
  averagePool,
  batchNormalization,
  cast,
  castLike,
  clip,
  concat,
  conv,
  div,
  dropout,
  erf,
  exp,
  expand,
  flatten,
  gelu,
  gemm,
  globalAveragePool,
  identity,
  leakyRelu,
  log,
  logSoftmax,
  matMul,
  maxPool,
  mul,
  neg,
  pad,
  pow,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  sigmoid,
  softmax,
  sqrt,
  squeeze,
  sub,
  sum,
  tanh,
  transpose,
  unsqueeze,
  where,
  ...WITHOUT_GRADIENT.map(noGradient),
];

const byOperator = new Map(GRADIENTS.map((gradient) => [gradient.op, gradient]));

/** The gradient of a standard operator, if it is known. */
export function gradientOf(op: string): Gradient | undefined {
  return byOperator.get(op);
}
