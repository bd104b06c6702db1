/**
 * Inverses of Σ_i w_i f_i f_iᵀ + μ I for many weightings of the same rows, from its largest eigenvalues (Nyström:
 * with Y = C Ω, C ≈ Y (ΩᵀY)⁻¹ Yᵀ; [Frangella et al. 2023]).
 */
import { GraphBuilder } from '../../../graph/builder.js';
import { encodeModel } from '../../../onnx/codec.js';
import { cholesky, invertLower } from '../../../numeric/cholesky.js';
import type { Model } from '../../../onnx/model.js';
import { seededRandom } from '../../../numeric/random.js';
import type { Runtime, Session } from '../../../runtime/runtime.js';
import { float64 } from '../../../tensor.js';
import type { FeatureMatrix } from '../features/features.js';

/** (1 − Kᵀ K) / shift, K [rank, width]. */
export interface Inverse {
  readonly factor: Float64Array;
  readonly shift: number;
}

/** Rows whose weighted sums are inverted; release them when done. */
export interface Nystrom {
  /** (Σ_i w_i f_i f_iᵀ + μ I)⁻¹, approximately; undefined where that cannot be done in float64. */
  inverse(weights: Float64Array, penalty: number): Promise<Inverse | undefined>;
  release(): Promise<void>;
}

/** Opens rows in float64, for inverses of this rank. */
export async function openNystrom(rows: FeatureMatrix, rank: number, runtime: Runtime): Promise<Nystrom> {
  const sketch = await openSketch(rows, rank, runtime);
  const product = await runtime.createSession(encodeModel(factorModel(rank)));
  return {
    inverse: async (weights, penalty) => inverseOf(await sketch.of(weights), rank, penalty, product),
    release: async () => {
      await product.release();
      await sketch.release();
    },
  };
}

/** L⁻¹ Yᵀ */
function factorModel(rank: number): Model {
  const g = new GraphBuilder({ name: 'factor' });
  g.input('inverse', 'float64', [rank, rank]);
  g.input('image', 'float64', ['width', rank]);
  g.output(g.rename(g.op('Gemm', ['inverse', 'image'], { transB: 1 }), 'factor'), 'float64');
  return g.model();
}

/** Y = C Ω with ΩᵀY and YᵀY. */
interface NystromSketch {
  readonly image: Float64Array;
  readonly core: Float64Array;
  readonly squares: Float64Array;
}

/** The shift is at least this share of the curvatures' sum: rounding must not make the approximation indefinite. */
const SMALLEST_SHIFT = 1e-8;

/**
 * (Y B⁻¹ Yᵀ + μ)⁻¹ with B = ΩᵀY, by Woodbury's identity: K = L⁻¹ Yᵀ where L Lᵀ = μ B + YᵀY. Undefined where that is
 * singular.
 */
async function inverseOf(
  { image, core, squares }: NystromSketch,
  rank: number,
  penalty: number,
  product: Session,
): Promise<Inverse | undefined> {
  const traceOf = (matrix: Float64Array) => matrix.reduce((sum, x, k) => (k % (rank + 1) === 0 ? sum + x : sum), 0);
  const shift = Math.max(penalty, (SMALLEST_SHIFT * traceOf(core)) / rank);
  const matrix = core.map((value, k) => shift * value + squares[k]!);
  // Directions without features make the matrix singular up to rounding.
  const small = 1e-14 * traceOf(matrix);
  for (let l = 0; l < rank; l++) matrix[l * rank + l]! += small;
  const lower = cholesky(matrix, rank);
  if (!lower) return undefined;
  const feeds = {
    inverse: float64(invertLower(lower, rank), [rank, rank]),
    image: float64(image, [image.length / rank, rank]),
  };
  const factor = (await product.run(feeds)).factor!.data as Float64Array;
  return factor.every(Number.isFinite) ? { factor, shift } : undefined;
}

/** Opens Σ_i w_i f_i f_iᵀ for sketches, one for each list of weights w; release it when done. */
async function openSketch({ rows, columns, data }: FeatureMatrix, rank: number, runtime: Runtime) {
  const random = seededRandom(0);
  const directions = float64(
    Float64Array.from({ length: columns * rank }, () => random.normal()),
    [columns, rank],
  );
  const features = float64(data, [rows, columns]);
  const project = new GraphBuilder({ name: 'projected features' });
  project.input('features', 'float64', [rows, columns]);
  project.input('directions', 'float64', [columns, rank]);
  project.output(project.rename(project.op('MatMul', ['features', 'directions']), 'projected'), 'float64');
  const once = await runtime.createSession(encodeModel(project.model()));
  const { projected } = await once.run({ features, directions });
  await once.release();

  const g = new GraphBuilder({ name: 'sketch' });
  g.input('features', 'float64', [rows, columns]);
  g.input('directions', 'float64', [columns, rank]);
  g.input('projected', 'float64', [rows, rank]);
  g.input('weights', 'float64', [rows, 1]);
  const image = g.op('Gemm', ['features', g.op('Mul', ['projected', 'weights'])], { transA: 1 });
  g.output(g.rename(image, 'image'), 'float64');
  g.output(g.rename(g.op('Gemm', ['directions', 'image'], { transA: 1 }), 'core'), 'float64');
  g.output(g.rename(g.op('Gemm', ['image', 'image'], { transA: 1 }), 'squares'), 'float64');
  const session: Session = await runtime.createSession(encodeModel(g.model()));
  return {
    of: async (weights: Float64Array): Promise<NystromSketch> => {
      const given = { features, directions, projected: projected!, weights: float64(weights, [rows, 1]) };
      const { image: y, core, squares } = await session.run(given);
      const numbers = [y!, core!, squares!].map((tensor) => tensor.data as Float64Array);
      return { image: numbers[0]!, core: numbers[1]!, squares: numbers[2]! };
    },
    release: () => session.release(),
  };
}
