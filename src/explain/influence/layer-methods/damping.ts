/** Which λ holds the last layer back: the one under which examples that it was not fitted to have the least loss. */
import { conjugateGradients } from '../../../numeric/conjugate-gradients.js';
import type { Progress } from '../../../progress.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { float64, toNumbers } from '../../../tensor.js';
import { labelTargets } from '../../representer/cached-fit.js';
import { evenRows, rowOf, selectRows, widened, type FeatureMatrix } from '../../representer/features/features.js';
import { fitLayer } from '../../representer/fit/fit.js';
import { openHessian } from '../../representer/fit/hessian.js';
import {
  activated,
  scoresAt,
  weightCount,
  type FitProblem,
  type FlatWeights,
} from '../../representer/fit/objective.js';
import { exampleGradient } from '../../representer/influence.js';
import type { LayerExamples } from '../../representer/layer-data.js';
import { SUITABLE_LOSSES } from '../../representer/losses/registry.js';
import { measureRow } from '../row-measures.js';

/** A λ with the loss of examples that were left out, and what else was tried. */
export interface Damping {
  readonly lambda: number;
  /** How many examples were left out, one by one. */
  readonly examples: number;
  readonly tried: readonly { readonly lambda: number; readonly loss: number }[];
}

/** λ relative to the mean squared length of the features, strongest first; smaller ones are costly, and hardly fitted exactly. */
const GRID = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/** Once the loss is by this factor above the least, smaller λ are not tried. */
const WORSE = 1.01;

/** Examples, evenly spread, that the Hessian is taken over, and floating-point operations that one λ may take. */
const ROWS = 4096;
const WORK = 5e10;
/** Iterations of conjugate gradients to be expected. */
const EXPECTED_ITERATIONS = 20;
const [FEWEST, MOST] = [50, 500];
/** Bytes of scores that change, in one product with the Hessian. */
const PRODUCT_BYTES = 2 ** 27;

/** Fits and solutions only have to be good for some digits of a mean loss. */
const FIT = { solver: 'lbfgs', tolerance: 1e-6, maxIterations: 500 } as const;
const SOLVE = { tolerance: 1e-3, maxIterations: 300 };

/**
 * Fits the layer to the labels at each λ of a grid and takes the mean loss of left-out examples by a Newton step from the fit:
 * Θ₋ᵢ ≈ Θ + H₋ᵢ⁻¹ ∇L_i / n, with H₋ᵢ the Hessian without the example. Once it is
 * worse, smaller λ are not tried. The answer is kept in the cache.
 */
export async function chooseDamping(
  layerData: LayerExamples,
  runtime: Runtime,
  onProgress?: Progress,
): Promise<Damping> {
  const { layer, train, cache } = layerData;
  const kept = (await cache.read('damping', layerData.key))?.tensors;
  if (kept?.tried && kept.examples) {
    const numbers = toNumbers(kept.tried);
    return damping(
      Array.from({ length: numbers.length / 2 }, (_, i) => ({ lambda: numbers[2 * i]!, loss: numbers[2 * i + 1]! })),
      toNumbers(kept.examples)[0]!,
    );
  }
  const { outputs, bias, activation } = layer;
  const problem = {
    features: widened(train.features),
    targets: labelTargets(train.labels, outputs),
    outputs,
    bias,
    activation,
  };
  const lengths = meanSquaredLength(problem.features, bias);
  const chosen = leftOut(problem);
  const tried: { lambda: number; loss: number }[] = [];
  let weights: FlatWeights = layer.weights ?? new Float64Array(weightCount(problem));
  for (const [i, share] of GRID.entries()) {
    onProgress?.('choosing the damping', i, GRID.length);
    const at = { ...problem, lambda: Number((share * lengths).toPrecision(1)) };
    ({ weights } = await fitLayer(at, weights, FIT, runtime));
    tried.push({ lambda: at.lambda, loss: await leaveOneOutLoss(at, weights, chosen, runtime) });
    if (tried.at(-1)!.loss > WORSE * Math.min(...tried.map(({ loss }) => loss))) break;
  }
  onProgress?.('choosing the damping', GRID.length, GRID.length);
  const examples = chosen.left.length;
  await cache.write('damping', layerData.key, {
    tensors: {
      tried: float64(
        tried.flatMap(({ lambda, loss }) => [lambda, loss]),
        [tried.length, 2],
      ),
      examples: float64([examples], [1]),
    },
    facts: {},
  });
  return damping(tried, examples);
}

function damping(tried: Damping['tried'], examples: number): Damping {
  const best = tried.reduce((a, b) => (b.loss < a.loss ? b : a));
  return { lambda: best.lambda, examples, tried };
}

/** Rows that the Hessian is taken over, and which of them are left out in turn. */
interface Chosen {
  readonly rows: Int32Array;
  /** Places in `rows`. */
  readonly left: Int32Array;
}

function leftOut({ features, outputs }: Pick<FitProblem, 'features' | 'outputs'>): Chosen {
  const rows = evenRows(features, ROWS);
  const work = 4 * EXPECTED_ITERATIONS * rows.length * features.columns * outputs;
  const count = Math.max(FEWEST, Math.min(MOST, Math.floor(WORK / work)));
  return { rows, left: evenRows({ rows: rows.length }, count) };
}

/** Mean over left-out examples of their loss under the layer that was fitted without them. */
async function leaveOneOutLoss(
  problem: FitProblem,
  weights: FlatWeights,
  { rows, left }: Chosen,
  runtime: Runtime,
): Promise<number> {
  const { features, targets, outputs, bias, activation } = problem;
  const sample = selectRows(features, rows);
  const given = await scoresAt(sample, weights, outputs, runtime);
  const probabilities = activated(given, outputs, activation);
  const hessian = await openHessian({ ...problem, features: sample }, weights, runtime);
  const { size } = hessian;
  const atOnce = Math.max(1, Math.floor(PRODUCT_BYTES / (8 * rows.length * outputs)));
  let sum = 0;
  try {
    for (let start = 0; start < left.length; start += atOnce) {
      const part = left.subarray(start, start + atOnce);
      const gradients = new Float64Array(part.length * size);
      part.forEach((place, v) => {
        const p = rowOf(probabilities, outputs, place);
        const residual = p.map((value, j) => value - targets[rows[place]! * outputs + j]!);
        exampleGradient(rowOf(sample.data, sample.columns, place), residual, outputs, bias, rowOf(gradients, size, v));
      });
      // Each vector has a Hessian of its own: without the curvature of its example.
      const without = async (vectors: Float64Array, count: number) => {
        const product = await hessian.multiply(vectors, count);
        part.forEach((place, v) => {
          const f = rowOf(sample.data, sample.columns, place);
          const change = scoresOf(rowOf(vectors, size, v), f, outputs, bias);
          const curved = curve(rowOf(probabilities, outputs, place), change, activation);
          const term = exampleGradient(f, curved, outputs, bias);
          for (let k = 0; k < size; k++) product[v * size + k]! -= term[k]! / features.rows;
        });
        return product;
      };
      const { solutions } = await conjugateGradients(without, gradients, part.length, {
        ...SOLVE,
        precondition: hessian.preconditioner?.multiply,
      });
      part.forEach((place, v) => {
        const f = rowOf(sample.data, sample.columns, place);
        const change = scoresOf(rowOf(solutions, size, v), f, outputs, bias);
        const scores = change.map((value, j) => given[place * outputs + j]! + value / features.rows);
        const target = rowOf(targets, outputs, rows[place]!);
        const loss = activation === 'softmax' ? 'cross-entropy' : 'binary-cross-entropy';
        const label = outputs === 1 ? target[0]! : target.indexOf(1);
        sum += measureRow('loss', scores, { target: label, loss }).value;
      });
    }
    return sum / left.length;
  } finally {
    await hessian.release();
  }
}

/** Θ (f, 1) of weights in the Hessian's layout. */
function scoresOf(weights: Float64Array, f: Float32Array | Float64Array, outputs: number, bias: boolean): Float64Array {
  const width = weights.length / outputs;
  return Float64Array.from({ length: outputs }, (_, j) => {
    let sum = bias ? weights[j * width + f.length]! : 0;
    for (let k = 0; k < f.length; k++) sum += weights[j * width + k]! * f[k]!;
    return sum;
  });
}

/** ∂²L/∂Φ² of one example times a change of its scores. */
function curve(p: Float64Array, change: Float64Array, activation: FitProblem['activation']): Float64Array {
  const loss = SUITABLE_LOSSES[activation];
  if (!loss.ignoresShifts) return change.map((value, j) => loss.curvature(p[j]!) * value);
  const mean = p.reduce((sum, value, j) => sum + value * change[j]!, 0);
  return p.map((value, j) => value * (change[j]! - mean));
}

function meanSquaredLength({ rows, data }: FeatureMatrix, bias: boolean): number {
  let squares = 0;
  for (let k = 0; k < data.length; k++) squares += data[k]! ** 2;
  return squares / rows + (bias ? 1 : 0);
}
