/** Representer values of a few training points: which of them speak for a decision, and which against it. */
import type { Normalization } from '../../data/normalization.js';
import type { Classifier } from '../../classifier/classifier.js';
import { openBody } from '../../explain/representer/features/body.js';
import { checkFinite, rowOf, type FeatureMatrix } from '../../explain/representer/features/features.js';
import { fitLayer } from '../../explain/representer/fit/fit.js';
import { FIT_DEFAULTS } from '../../explain/representer/cached-fit.js';
import { lossActivation } from '../../explain/representer/last-layer.js';
import { activated, weightCount } from '../../explain/representer/fit/objective.js';
import { intAttribute } from '../../onnx/attributes.js';
import { graphOf, nodeLabel, type Node } from '../../onnx/model.js';
import type { Preconditioner } from '../../explain/representer/fit/preconditioner.js';
import { cholesky } from '../../numeric/cholesky.js';
import { fallingOrder } from '../../numeric/order.js';
import { dot } from '../../numeric/vectors.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount } from '../../tensor.js';
import { asTaken, type ProbeFeed } from './feeds.js';
import { rowAt, type Rows } from './statistics.js';
import type { TrainingPoints } from '../probes/training-points.js';
import { CouldNotRun } from '../unavailable.js';

/** Small problems: a stationary point is reached within tens of iterations, or there is something wrong. */
const MOST_ITERATIONS = 500;

/** Making a preconditioner takes longer than so small a fit. */
const PLAIN: Preconditioner = { multiply: (vectors) => Promise.resolve(vectors), release: () => Promise.resolve() };

/** Added to the diagonal of the Gram matrix, whose mean is 1: examples that are stored twice make it singular. */
const RIDGE = 1e-9;

/**
 * Fits the last layer to what the model computes of the training points ([Yeh et al. 2018], Eq. 4), and takes the
 * scores of the decisions apart into one value a point: α_ij ⟨f_i, f_t⟩, the appended 1 included. Features are in units
 * of their usual length, so that λ is as strong, and the fit as quick, in every model.
 * @param probes as the prepared model takes them
 * @param targets class that each of the first probes was decided for
 * @returns [targets, points]; positive values support the class
 * @throws CouldNotRun when the model does not end in a linear layer, or the fit does not converge
 */
export async function representerValues(
  explained: Classifier,
  probes: ProbeFeed,
  targets: readonly number[],
  points: TrainingPoints,
  normalization: Normalization,
  runtime: Runtime,
): Promise<Rows> {
  const { outputs } = explained;
  const { bias, columns, layer } = lastLinearLayer(explained);
  const activation = lossActivation(explained.activation, outputs);
  const body = await openBody({ ...explained, normalization }, { layer, columns, outputs }, runtime);
  try {
    const dims = probes.dims.slice(1);
    const size = elementCount(dims);
    const taken = asTaken('the training points', points, dims, normalization, true);
    const asked = Float32Array.from(probes.data.subarray(0, targets.length * size));
    const ofProbes = await body.compute(asked, dims, 'the probes');
    const { features: raw, scores } = await body.compute(
      Float32Array.from(taken.data),
      taken.dims,
      'the training points',
    );
    checkFinite(ofProbes.features, 'the probes');
    checkFinite(raw, 'the training points');
    const length = rootMeanSquare(raw);
    const [features, queries] = [raw, ofProbes.features].map((each) => shortened(each, length)) as [Wide, Wide];
    const problem = { features: compact(features), outputs, bias, activation, lambda: FIT_DEFAULTS.lambda };
    const fit = await fitLayer(
      { ...problem, targets: activated(scores, outputs, activation) },
      new Float64Array(weightCount(problem)),
      { ...FIT_DEFAULTS, maxIterations: MOST_ITERATIONS },
      runtime,
      { preconditioner: PLAIN },
    );
    if (fit.status !== 'converged') throw new CouldNotRun('the fit of the last layer does not converge');
    const values = new Float32Array(targets.length * points.indices.length);
    targets.forEach((target, t) => {
      const query = rowOf(queries.data, columns, t);
      for (let i = 0; i < features.rows; i++) {
        // A single score is that of class 1 against class 0.
        const alpha = outputs === 1 ? (target === 0 ? -1 : 1) * fit.alpha[i]! : fit.alpha[i * outputs + target]!;
        const similarity = dot(rowOf(features.data, columns, i), query) + (bias ? 1 : 0);
        values[t * features.rows + i] = alpha * similarity;
      }
    });
    return { rows: targets.length, size: points.indices.length, data: values };
  } finally {
    await body.release();
  }
}

/** Operators that hand values on, at most in another shape. */
const FORWARDING = new Set(['Identity', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Dropout', 'Cast']);

/**
 * What the last linear layer sees: from the scores back over biases and scales, which quantised models have as nodes of
 * their own. Its weights do not matter: they are fitted anew.
 */
function lastLinearLayer({ model, values, scores }: Classifier) {
  const { node, initializer } = graphOf(model);
  const stored = new Set(initializer.map(({ name }) => name));
  const producers = new Map(node.flatMap((each) => each.output.map((name) => [name, each] as const)));
  let [value, bias] = [scores, false];
  for (;;) {
    const last = producers.get(value);
    const computed = last?.input.filter((name) => name !== '' && !stored.has(name)) ?? [];
    if (last && isLinear(last) && computed.length === 1 && computed[0] === last.input[0]) {
      const [input] = computed as [string];
      const [, columns, ...rest] = values.of(input).dims;
      if (typeof columns !== 'number' || rest.length > 0) throw new CouldNotRun('the last layer sees no vector');
      const layer = { name: nodeLabel(last), input, preActivation: scores };
      return { layer, columns, bias: bias || (last.input[2] ?? '') !== '' };
    }
    const isBias = last?.opType === 'Add' || last?.opType === 'Sub';
    const isScale = last?.opType === 'Mul' || (last?.opType === 'Div' && computed[0] === last.input[0]);
    const isPassed = last !== undefined && FORWARDING.has(last.opType) && computed[0] === last.input[0];
    if (computed.length !== 1 || !(isBias || isScale || isPassed)) {
      throw new CouldNotRun(
        `the model ends in ${last ? `node ${nodeLabel(last)}` : 'its input'}, not in a linear layer, which representer points need`,
      );
    }
    value = computed[0]!;
    bias ||= isBias;
  }
}

function isLinear(node: Node): boolean {
  return node.opType === 'MatMul' || (node.opType === 'Gemm' && intAttribute(node, 'transA', 0) === 0);
}

/**
 * Features with the same products ⟨f_i, f_j⟩ in as few columns as there are rows: fitted weights are a sum over the
 * points, so nothing else of the features counts, and a layer of a thousand classes is fitted in no time.
 */
function compact(features: Wide): FeatureMatrix {
  const { rows, columns, data } = features;
  if (columns <= rows) return features;
  const row = (i: number) => rowOf(data, columns, i);
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    // The mean of ⟨f_i, f_i⟩ is 1.
    for (let j = 0; j <= i; j++) gram[i * rows + j] = dot(row(i), row(j)) + (i === j ? RIDGE : 0);
  }
  const lower = cholesky(gram, rows);
  if (!lower) throw new CouldNotRun('the last layer sees nothing of the training points');
  return { rows, columns: rows, data: lower };
}

/** Features in float64. */
interface Wide extends FeatureMatrix {
  readonly data: Float64Array;
}

/** √ of the mean of ‖f_i‖²; 1 where all are zero. */
function rootMeanSquare({ rows, data }: FeatureMatrix): number {
  let squares = 0;
  for (const value of data) squares += value * value;
  return Math.sqrt(squares / rows) || 1;
}

function shortened({ rows, columns, data }: FeatureMatrix, length: number): Wide {
  return { rows, columns, data: Float64Array.from(data, (value) => value / length) };
}

/** The points with the largest values for and against, as many of each. */
export function strongestPoints(values: Rows, probe: number, each: number): { for: number[]; against: number[] } {
  const row = rowAt(values, probe);
  const order = [...fallingOrder(row)];
  const count = Math.min(each, Math.floor(order.length / 2));
  return { for: order.slice(0, count), against: order.slice(order.length - count) };
}
