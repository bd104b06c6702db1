/** The exact Hessian of the objective, as products with vectors. */
import { GraphBuilder } from '../../../graph/builder.js';
import { encodeModel } from '../../../onnx/codec.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { LinearOperator } from '../../../numeric/conjugate-gradients.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { float64 } from '../../../tensor.js';
import { rowBlocks } from '../features/features.js';
import { SUITABLE_LOSSES } from '../losses/registry.js';
import { activated, scoresAt, type FitProblem, type FlatWeights } from './objective.js';
import { openPreconditioner, type Preconditioner } from './preconditioner.js';

/** A Hessian at some weights; release it when done. */
export interface Hessian {
  /** Numbers in a vector: for each output, its weights and then its bias. */
  readonly size: number;
  /** Multiplies vectors [count, outputs, columns (+ 1)], flattened. */
  readonly multiply: LinearOperator;
  /** An approximate inverse; undefined where there is none in float64. */
  readonly preconditioner: Preconditioner | undefined;
  release(): Promise<void>;
}

/** Opens (1/n) Σ ∂²L_i/∂Θ² + 2λ I at these weights. */
export async function openHessian(
  problem: Omit<FitProblem, 'targets'>,
  weights: FlatWeights,
  runtime: Runtime,
): Promise<Hessian> {
  const { features, outputs, bias, lambda, activation } = problem;
  const { rows: total } = features;
  const width = features.columns + (bias ? 1 : 0);
  const at = activated(await scoresAt(features, weights, outputs, runtime), outputs, activation);
  const session = await runtime.createSession(productModel(problem));
  const preconditioner = await openPreconditioner(problem, weights, runtime);
  return {
    preconditioner,
    size: outputs * width,
    multiply: async (vectors, count) => {
      const result = vectors.map((value) => 2 * lambda * value);
      const given = float64(vectors, [count * outputs, width]);
      for (const { start, rows, tensor } of rowBlocks(features)) {
        const output = float64(at.subarray(start * outputs, (start + rows) * outputs), [rows, 1, outputs]);
        const { product } = await session.run({ features: tensor, output, vectors: given });
        const part = product!.data as Float64Array;
        for (let i = 0; i < result.length; i++) result[i]! += part[i]! / total;
      }
      return result;
    },
    release: async () => {
      await preconditioner?.release();
      await session.release();
    },
  };
}

/** Σ over a block of rows of ∂²L_i/∂Θ² times vectors. */
function productModel({
  features: { columns, data },
  outputs,
  bias,
  activation,
}: Omit<FitProblem, 'targets'>): Uint8Array {
  const g = new GraphBuilder({ name: 'Hessian-vector products' });
  g.input('features', data instanceof Float64Array ? 'float64' : 'float32', ['rows', columns]);
  g.input('output', 'float64', ['rows', 1, outputs]);
  g.input('vectors', 'float64', ['vectors', columns + (bias ? 1 : 0)]);
  const wide = g.op('Cast', ['features'], { to: elementTypeCode('float64') });
  const part = (from: number, to: number) => g.op('Slice', ['vectors', g.ints([from]), g.ints([to]), g.ints([1])]);
  const matrix = bias ? part(0, columns) : 'vectors';
  const column = bias ? [g.op('Squeeze', [part(columns, columns + 1), g.ints([1])])] : [];
  const flat = g.op('Gemm', [wide, matrix, ...column], { transB: 1 });
  const change = g.op('Reshape', [flat, g.ints([0, -1, outputs])]);
  const curved = g.op('Flatten', [SUITABLE_LOSSES[activation].curve(g, 'output', change)]);
  const byMatrix = g.op('Gemm', [curved, wide], { transA: 1 });
  const byBias = () => g.op('Unsqueeze', [g.op('ReduceSum', [curved, g.ints([0])], { keepdims: 0 }), g.ints([1])]);
  g.output(g.rename(bias ? g.op('Concat', [byMatrix, byBias()], { axis: 1 }) : byMatrix, 'product'), 'float64');
  return encodeModel(g.model());
}
