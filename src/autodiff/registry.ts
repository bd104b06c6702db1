/**
 * The operators that gradients are known for. To add one: a file in `gradients/`, and a line here; `npm run ops` brings
 * OPS.md up to date.
 */
import { noGradient, type Gradient } from './gradient.js';
import { abs } from './gradients/abs.js';
import { acos } from './gradients/acos.js';
import { acosh } from './gradients/acosh.js';
import { add } from './gradients/add.js';
import { asin } from './gradients/asin.js';
import { asinh } from './gradients/asinh.js';
import { atan } from './gradients/atan.js';
import { atanh } from './gradients/atanh.js';
import { averagePool } from './gradients/average-pool.js';
import { batchNormalization } from './gradients/batch-normalization.js';
import { cast } from './gradients/cast.js';
import { castLike } from './gradients/cast-like.js';
import { celu } from './gradients/celu.js';
import { clip } from './gradients/clip.js';
import { compress } from './gradients/compress.js';
import { concat } from './gradients/concat.js';
import { conv } from './gradients/conv.js';
import { convTranspose } from './gradients/conv-transpose.js';
import { cos } from './gradients/cos.js';
import { cosh } from './gradients/cosh.js';
import { cumSum } from './gradients/cum-sum.js';
import { depthToSpace } from './gradients/depth-to-space.js';
import { dequantizeLinear } from './gradients/dequantize-linear.js';
import { div } from './gradients/div.js';
import { dropout } from './gradients/dropout.js';
import { einsum } from './gradients/einsum.js';
import { elu } from './gradients/elu.js';
import { erf } from './gradients/erf.js';
import { exp } from './gradients/exp.js';
import { expand } from './gradients/expand.js';
import { flatten } from './gradients/flatten.js';
import { gather } from './gradients/gather.js';
import { gatherElements } from './gradients/gather-elements.js';
import { gatherND } from './gradients/gather-nd.js';
import { gelu } from './gradients/gelu.js';
import { gemm } from './gradients/gemm.js';
import { globalAveragePool } from './gradients/global-average-pool.js';
import { globalLpPool } from './gradients/global-lp-pool.js';
import { globalMaxPool } from './gradients/global-max-pool.js';
import { groupNormalization } from './gradients/group-normalization.js';
import { hardSigmoid } from './gradients/hard-sigmoid.js';
import { hardSwish } from './gradients/hard-swish.js';
import { identity } from './gradients/identity.js';
import { instanceNormalization } from './gradients/instance-normalization.js';
import { layerNormalization } from './gradients/layer-normalization.js';
import { leakyRelu } from './gradients/leaky-relu.js';
import { log } from './gradients/log.js';
import { logSoftmax } from './gradients/log-softmax.js';
import { lpNormalization } from './gradients/lp-normalization.js';
import { lpPool } from './gradients/lp-pool.js';
import { lrn } from './gradients/lrn.js';
import { matMul } from './gradients/matmul.js';
import { max } from './gradients/max.js';
import { maxPool } from './gradients/max-pool.js';
import { mean } from './gradients/mean.js';
import { meanVarianceNormalization } from './gradients/mean-variance-normalization.js';
import { min } from './gradients/min.js';
import { mish } from './gradients/mish.js';
import { mod } from './gradients/mod.js';
import { mul } from './gradients/mul.js';
import { neg } from './gradients/neg.js';
import { pad } from './gradients/pad.js';
import { pow } from './gradients/pow.js';
import { prelu } from './gradients/prelu.js';
import { quantizeLinear } from './gradients/quantize-linear.js';
import { reciprocal } from './gradients/reciprocal.js';
import { reduceL1 } from './gradients/reduce-l1.js';
import { reduceL2 } from './gradients/reduce-l2.js';
import { reduceLogSum } from './gradients/reduce-log-sum.js';
import { reduceLogSumExp } from './gradients/reduce-log-sum-exp.js';
import { reduceMax } from './gradients/reduce-max.js';
import { reduceMean } from './gradients/reduce-mean.js';
import { reduceMin } from './gradients/reduce-min.js';
import { reduceProd } from './gradients/reduce-prod.js';
import { reduceSum } from './gradients/reduce-sum.js';
import { reduceSumSquare } from './gradients/reduce-sum-square.js';
import { relu } from './gradients/relu.js';
import { reshape } from './gradients/reshape.js';
import { resize } from './gradients/resize.js';
import { reverseSequence } from './gradients/reverse-sequence.js';
import { rmsNormalization } from './gradients/rms-normalization.js';
import { scatterElements } from './gradients/scatter-elements.js';
import { scatterND } from './gradients/scatter-nd.js';
import { selu } from './gradients/selu.js';
import { shrink } from './gradients/shrink.js';
import { sigmoid } from './gradients/sigmoid.js';
import { sin } from './gradients/sin.js';
import { sinh } from './gradients/sinh.js';
import { slice } from './gradients/slice.js';
import { softmax } from './gradients/softmax.js';
import { softplus } from './gradients/softplus.js';
import { softsign } from './gradients/softsign.js';
import { spaceToDepth } from './gradients/space-to-depth.js';
import { split } from './gradients/split.js';
import { sqrt } from './gradients/sqrt.js';
import { squeeze } from './gradients/squeeze.js';
import { sub } from './gradients/sub.js';
import { sum } from './gradients/sum.js';
import { swish } from './gradients/swish.js';
import { tan } from './gradients/tan.js';
import { tanh } from './gradients/tanh.js';
import { thresholdedRelu } from './gradients/thresholded-relu.js';
import { tile } from './gradients/tile.js';
import { topK } from './gradients/top-k.js';
import { transpose } from './gradients/transpose.js';
import { trilu } from './gradients/trilu.js';
import { unsqueeze } from './gradients/unsqueeze.js';
import { where } from './gradients/where.js';

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

/** Every gradient. */
export const GRADIENTS: readonly Gradient[] = [
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atanh,
  averagePool,
  batchNormalization,
  cast,
  castLike,
  celu,
  clip,
  compress,
  concat,
  conv,
  convTranspose,
  cos,
  cosh,
  cumSum,
  depthToSpace,
  dequantizeLinear,
  div,
  dropout,
  einsum,
  elu,
  erf,
  exp,
  expand,
  flatten,
  gather,
  gatherElements,
  gatherND,
  gelu,
  gemm,
  globalAveragePool,
  globalLpPool,
  globalMaxPool,
  groupNormalization,
  hardSigmoid,
  hardSwish,
  identity,
  instanceNormalization,
  layerNormalization,
  leakyRelu,
  log,
  logSoftmax,
  lpNormalization,
  lpPool,
  lrn,
  matMul,
  max,
  maxPool,
  mean,
  meanVarianceNormalization,
  min,
  mish,
  mod,
  mul,
  neg,
  pad,
  pow,
  prelu,
  quantizeLinear,
  reciprocal,
  reduceL1,
  reduceL2,
  reduceLogSum,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reduceSumSquare,
  relu,
  reshape,
  resize,
  reverseSequence,
  rmsNormalization,
  scatterElements,
  scatterND,
  selu,
  shrink,
  sigmoid,
  sin,
  sinh,
  slice,
  softmax,
  softplus,
  softsign,
  spaceToDepth,
  split,
  sqrt,
  squeeze,
  sub,
  sum,
  swish,
  tan,
  tanh,
  thresholdedRelu,
  tile,
  topK,
  transpose,
  trilu,
  unsqueeze,
  where,
  ...WITHOUT_GRADIENT.map(noGradient),
];

const byOperator = new Map(GRADIENTS.map((gradient) => [gradient.op, gradient]));

/** The gradient of a standard operator, if it is known. */
export function gradientOf(op: string): Gradient | undefined {
  return byOperator.get(op);
}
