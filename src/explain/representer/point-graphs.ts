/** The graphs that value a block of training points. */
import { GraphBuilder } from '../../graph/builder.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import type { Model } from '../../onnx/model.js';
import type { FeatureMatrix } from './features/features.js';
import type { PointSet } from './point-set.js';

/** ⟨f_i, f_t⟩ of a block of training points with one query [1, columns], [rows, 1], in float64. */
export function similarityModel({ features: { columns, data }, bias }: PointSet): Model {
  const g = new GraphBuilder({ name: 'similarity' });
  const features = featuresIn(g, columns, data, 'float64');
  g.input('query', 'float64', [1, columns]);
  const product = g.op('Gemm', withOne(g, [features, 'query'], bias, 'float64'), { transB: 1 });
  g.output(g.rename(product, 'similarities'), 'float64');
  return g.model();
}

/**
 * The strongest values of a block of training points for each query, and the sum of those above 0, so that the values
 * themselves never leave the graph. α is one row for each target, and `targets` names the row of each query.
 * @param type what products are computed in; sums are float64
 * @param single whether there is one query: ONNX Runtime has threads share the rows of a product, not its one column
 */
export function strongestModel(
  { features: { columns, data }, bias }: PointSet,
  type: 'float32' | 'float64',
  single: boolean,
): Model {
  const g = new GraphBuilder({ name: 'strongest values' });
  const features = featuresIn(g, columns, data, type);
  g.input('queries', type, ['queries', columns]);
  g.input('alpha', type, ['targets', 'rows']);
  g.input('targets', 'int64', ['queries']);
  g.input('listed', 'int64', [1]);
  const similarity = single
    ? g.op('Reshape', [g.op('Gemm', withOne(g, [features, 'queries'], bias, type), { transB: 1 }), g.ints([1, -1])])
    : g.op('Gemm', withOne(g, ['queries', features], bias, type), { transB: 1 });
  const values = g.op('Mul', [similarity, g.op('Gather', ['alpha', 'targets'], { axis: 0 })]);
  const above = widened(g, g.op('Relu', [values]), type);
  g.output(g.rename(g.op('ReduceSum', [above, g.ints([1])], { keepdims: 0 }), 'positive'), 'float64');
  for (const [name, largest] of [
    ['highest', 1],
    ['lowest', 0],
  ] as const) {
    const [found, at] = g.ops('TopK', [values, 'listed'], { axis: 1, largest, sorted: 1 }, 2);
    g.output(g.rename(found!, name), type);
    g.output(g.rename(at!, `${name} at`), 'int64');
  }
  return g.model();
}

/** Operands of a product to which the appended 1 of both sides adds 1. */
function withOne(g: GraphBuilder, operands: readonly string[], bias: boolean, type: 'float32' | 'float64') {
  return bias ? [...operands, g.scalar(1, type)] : operands;
}

/** The input `features` as it is stored, in the type that is computed in. */
function featuresIn(
  g: GraphBuilder,
  columns: number,
  data: FeatureMatrix['data'],
  type: 'float32' | 'float64',
): string {
  const stored = data instanceof Float64Array ? 'float64' : 'float32';
  g.input('features', stored, ['rows', columns]);
  return stored === type ? 'features' : g.op('Cast', ['features'], { to: elementTypeCode(type) });
}

function widened(g: GraphBuilder, value: string, type: 'float32' | 'float64'): string {
  return type === 'float64' ? value : g.op('Cast', [value], { to: elementTypeCode('float64') });
}
