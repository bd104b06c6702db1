/**
 * Linear layers of every kind, each as an ONNX graph and as plain loops in float64 written straight from the operators'
 * definitions: what fast computations with layers are compared with.
 */
import { GraphBuilder } from '../../../src/graph/builder.js';
import { traceableLayers, type TraceableLayer } from '../../../src/graph/layers.js';
import type { Model } from '../../../src/onnx/model.js';
import { elementCount, float32 } from '../../../src/tensor.js';
import type { LinearCase, Numbers } from './case.js';
import { convolutions } from './convolutions.js';
import { products } from './products.js';
import { sums } from './sums.js';
import { transposedConvolutions } from './transposed-convolutions.js';

/** Every kind of traceable layer, with many positions and with few. */
export const linearCases: readonly LinearCase[] = [...products, ...convolutions, ...sums, ...transposedConvolutions];

/** The sizes of a case's flat deltas: the weight, then the bias. */
export function flatSize({ weightDims, bias }: LinearCase): { weight: number; total: number } {
  const weight = elementCount(weightDims);
  return { weight, total: weight + bias };
}

/** A model of one layer, and the layer. */
export function linearModel(linear: LinearCase, flat: Float32Array): { model: Model; layer: TraceableLayer } {
  const g = new GraphBuilder();
  const { weight: weightSize } = flatSize(linear);
  const x = g.input('x', 'float32', linear.inputDims);
  const weight = g.initializer('weight', float32(flat.slice(0, weightSize), linear.weightDims));
  const bias = linear.bias === 0 ? '' : g.initializer('bias', float32(flat.slice(weightSize), [linear.bias]));
  g.output(g.rename(linear.emit(g, x, weight, bias), 'y'), 'float32');
  const model = g.model();
  const [layer] = traceableLayers(g.graph);
  if (!layer) throw new Error(`${linear.name}: not traceable`);
  return { model, layer };
}

/** What flat weights make of an input, by definition. */
export function slowOutput(linear: LinearCase, flat: Numbers, x: Numbers): Float64Array {
  const { weight, total } = flatSize(linear);
  const numbers = Array.from(flat);
  return linear.slow(x, numbers.slice(0, weight), numbers.slice(weight, total));
}
