import type { GraphBuilder } from '../../../graph/builder.js';
import type { MatrixValues } from '../matrix-values.js';

/**
 * Sums of each query: from […, n, Q] to […, Q]. Of a single one they are sums over rows, which take ONNX Runtime a twentieth of
 * the time that sums over the last dimension but one do.
 */
export function sumByQuery(g: GraphBuilder, { oneQuery }: MatrixValues, values: string): string {
  if (!oneQuery) return g.op('ReduceSum', [values, g.ints([-2])], { keepdims: 0 });
  const row = g.op('Squeeze', [values, g.ints([-1])]);
  return g.op('ReduceSum', [row, g.ints([-1])], { keepdims: 1 });
}
