/**
 * A cheap stand-in for the inverse Hessian of the objective, which makes steep and flat directions alike: L-BFGS and
 * conjugate gradients need several times fewer passes over the training points with it, and end at the same place.
 */
import { GraphBuilder } from '../../../graph/builder.js';
import { encodeModel } from '../../../onnx/codec.js';
import type { Multiply } from '../../../numeric/solvers/solver.js';
import type { Model } from '../../../onnx/model.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { float64 } from '../../../tensor.js';
import { evenRows, rowOf, selectRows, type FeatureMatrix } from '../features/features.js';
import { SUITABLE_LOSSES } from '../losses/registry.js';
import { openNystrom, type Inverse } from './nystrom.js';
import { activated, scoresAt, type FitProblem, type FlatWeights } from './objective.js';

/** An approximate inverse Hessian; release it when done. */
export interface Preconditioner {
  /** Multiplies vectors [count, outputs, columns (+ 1)] (for each output its weights, then its bias), in a new array. */
  readonly multiply: Multiply;
  release(): Promise<void>;
}

/** Training points that it is made from, evenly spread, and directions that it knows: more cost more than they save. */
const ROWS = 8192;
const RANK = 384;
/** Floating-point operations and numbers above which all outputs share one matrix. */
const LARGEST_WORK = 2e11;
const LARGEST_SIZE = 2 ** 26;

/**
 * The Hessian's diagonal blocks at these weights, H_j = (1/n) Σ_i L″_ij f_i f_iᵀ + 2λ I, each approximated by its largest
 * eigenvalues (Nyström), and inverted.
 * @returns undefined where that cannot be done in float64
 */
export async function openPreconditioner(
  problem: Omit<FitProblem, 'targets'>,
  weights: FlatWeights,
  runtime: Runtime,
): Promise<Preconditioner | undefined> {
  const { features, outputs, bias, lambda, activation } = problem;
  const loss = SUITABLE_LOSSES[activation];
  const count = Math.min(ROWS, features.rows);
  const sample = selectRows(features, evenRows(features, count));
  const given = activated(await scoresAt(sample, weights, outputs, runtime), outputs, activation);
  const rows = withOnes(sample, bias);
  const width = rows.columns;
  const rank = Math.min(RANK, width);
  const shared = 4 * outputs * count * width * rank > LARGEST_WORK || outputs * width * rank > LARGEST_SIZE;

  const inverses: Inverse[] = [];
  const nystrom = await openNystrom(rows, rank, runtime);
  try {
    for (let j = 0; j < (shared ? 1 : outputs); j++) {
      const curvatures = Float64Array.from({ length: count }, (_, i) => {
        const own = rowOf(given, outputs, i);
        const value = shared ? own.reduce((sum, p) => sum + loss.curvature(p), 0) / outputs : loss.curvature(own[j]!);
        return value / count;
      });
      const inverse = await nystrom.inverse(curvatures, 2 * lambda);
      if (!inverse) return undefined;
      inverses.push(inverse);
    }
  } finally {
    await nystrom.release();
  }
  const session = await runtime.createSession(encodeModel(projectionModel(width, rank)));
  return {
    multiply: async (vectors) => {
      const size = outputs * width;
      const number = vectors.length / size;
      const result = new Float64Array(vectors.length);
      const mean = loss.ignoresShifts ? meansOf(vectors, outputs, width) : undefined;
      const part = new Float64Array(number * width);
      for (let j = 0; j < outputs; j++) {
        for (let v = 0; v < number; v++) part.set(rowOf(vectors, width, v * outputs + j), v * width);
        for (let k = 0; mean && k < part.length; k++) part[k]! -= mean[k]!;
        const { factor, shift } = inverses[shared ? 0 : j]!;
        const feeds = { vectors: float64(part, [number, width]), factor: float64(factor, [rank, width]) };
        const rest = (await session.run(feeds)).rest!.data as Float64Array;
        for (let k = 0; k < rest.length; k++) rest[k]! /= shift;
        for (let v = 0; v < number; v++) result.set(rowOf(rest, width, v), (v * outputs + j) * width);
      }
      if (!mean) return result;
      // What all outputs have in common meets no curvature but the penalty's.
      const made = meansOf(result, outputs, width);
      for (let v = 0; v < number; v++) {
        for (let j = 0; j < outputs; j++) {
          const row = rowOf(result, width, v * outputs + j);
          for (let k = 0; k < width; k++) row[k]! += mean[v * width + k]! / inverses[0]!.shift - made[v * width + k]!;
        }
      }
      return result;
    },
    release: () => session.release(),
  };
}

/** v − (v Kᵀ) K for each vector v. */
function projectionModel(width: number, rank: number): Model {
  const g = new GraphBuilder({ name: 'what is left of vectors' });
  g.input('vectors', 'float64', ['vectors', width]);
  g.input('factor', 'float64', [rank, width]);
  const inside = g.op('Gemm', ['vectors', 'factor'], { transB: 1 });
  g.output(g.rename(g.op('Sub', ['vectors', g.op('MatMul', [inside, 'factor'])]), 'rest'), 'float64');
  return g.model();
}

/** In float64, with the 1 that stands for the bias. */
function withOnes({ rows, columns, data }: FeatureMatrix, bias: boolean): FeatureMatrix {
  if (!bias) return { rows, columns, data: Float64Array.from(data) };
  const wide = new Float64Array(rows * (columns + 1)).fill(1);
  for (let i = 0; i < rows; i++) wide.set(rowOf(data, columns, i), i * (columns + 1));
  return { rows, columns: columns + 1, data: wide };
}

/** Means over the outputs of vectors [count, outputs, width], [count, width]. */
function meansOf(vectors: Float64Array, outputs: number, width: number): Float64Array {
  const means = new Float64Array(vectors.length / outputs);
  for (let v = 0; v < means.length / width; v++) {
    const mean = rowOf(means, width, v);
    for (let j = 0; j < outputs; j++) {
      const row = rowOf(vectors, width, v * outputs + j);
      for (let k = 0; k < width; k++) mean[k]! += row[k]! / outputs;
    }
  }
  return means;
}
