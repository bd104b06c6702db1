/** The graphs that value a block of training points. */
import { GraphBuilder } from '../../graph/builder.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import type { Model } from '../../onnx/model.js';
import { int32 } from '../../tensor.js';
import type { FeatureMatrix } from './features/features.js';
import type { PointSet } from './point-set.js';

/** ⟨f_i, f_t⟩ of a block of training points with queries given as columns, [rows, queries]. */
export function similarityModel({ features: { columns, data }, bias }: PointSet): Model {
  const g = new GraphBuilder({ name: 'similarity' });
  const features = wideFeatures(g, columns, data);
  g.input('queries', 'float64', [columns, 'queries']);
  const product = g.op('MatMul', [features, 'queries']);
  // The appended 1 of both adds 1 to every product.
  g.output(g.rename(bias ? g.op('Add', [product, g.scalar(1, 'float64')]) : product, 'similarities'), 'float64');
  return g.model();
}

/** Sums and strongest points of a block of training points, so that the values themselves never leave the graph. */
export function summaryModel(
  { features: { columns, data }, bias, outputs }: PointSet,
  classes: number,
  topK: number,
): Model {
  const g = new GraphBuilder({ name: 'sums and strongest values' });
  const features = wideFeatures(g, columns, data);
  g.input('queries', 'float64', ['queries', columns]);
  g.input('alpha', 'float64', ['rows', outputs]);
  g.input('labels', 'int32', [1, 'rows']);
  g.input('targets', 'int64', ['queries']);
  g.input('signs', 'float64', ['queries']);
  const product = g.op('Gemm', ['queries', features], { transB: 1 });
  const similarity = bias ? g.op('Add', [product, g.scalar(1, 'float64')]) : product;
  const weights = g.op('Transpose', [g.op('Gather', ['alpha', 'targets'], { axis: 1 })], { perm: [1, 0] });
  const signed = g.op('Mul', [weights, g.op('Unsqueeze', ['signs', g.ints([1])])]);
  const values = g.op('Mul', [similarity, signed]);
  g.output(g.rename(g.op('ReduceSum', [g.op('Relu', [values]), g.ints([1])], { keepdims: 0 }), 'positive'), 'float64');
  const names = g.constant(
    int32(
      Array.from({ length: classes }, (_, c) => c),
      [classes, 1],
    ),
  );
  const member = g.op('Cast', [g.op('Equal', ['labels', names])], { to: elementTypeCode('float64') });
  g.output(g.rename(g.op('Gemm', [member, values], { transB: 1 }), 'by class'), 'float64');
  const rows = g.op('Slice', [g.op('Shape', ['labels']), g.ints([1]), g.ints([2])]);
  const listed = g.op('Min', [rows, g.ints([topK])]);
  for (const [name, largest] of [
    ['highest', 1],
    ['lowest', 0],
  ] as const) {
    const [found, at] = g.ops('TopK', [values, listed], { axis: 1, largest, sorted: 1 }, 2);
    g.output(g.rename(found!, name), 'float64');
    g.output(g.rename(at!, `${name} at`), 'int64');
  }
  return g.model();
}

function wideFeatures(g: GraphBuilder, columns: number, data: FeatureMatrix['data']): string {
  g.input('features', data instanceof Float64Array ? 'float64' : 'float32', ['rows', columns]);
  return g.op('Cast', ['features'], { to: elementTypeCode('float64') });
}
