/** What a layer's projection needs of each query, computed once before the log is read. */
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount, toNumbers, type Tensor } from '../../tensor.js';
import { declareDense, denseFeeds, stackedBiases } from './forms/dense.js';
import type { LayerMatrix } from './layer-matrix.js';
import type { Strategy } from './strategies/strategy.js';

/** Weights that queries are seen through: each a layer's weight and bias as one flat array, laid out like its deltas. */
export interface ViewedWeights {
  /** Those of the trained model: they give z = W f + b, the layer's output before its activation. */
  readonly trained: Float32Array;
  /** They give the reference r: the trained ones, or how far training moved them. */
  readonly reference: Float32Array;
}

/** Norms of one query at one layer. */
export interface QueryNorms {
  /** ‖r‖ */
  readonly reference: number;
  /** ‖z‖ */
  readonly output: number;
  /** ⟨z, b⟩ / ‖z‖² */
  readonly biasShare: number;
}

/** Queries at one layer. */
export interface QueryFactors {
  readonly norms: readonly QueryNorms[];
  /** The strategy's factors by name, queries stacked: [queries, …dims]. */
  readonly stacked: Readonly<Record<string, Float32Array>>;
}

/**
 * Computes the factors of queries at one layer.
 * @param inputs the layer's input f for each query, of one shape, with a batch of one
 */
export async function queryFactors(
  runtime: Runtime,
  matrix: LayerMatrix,
  strategy: Strategy,
  weights: ViewedWeights,
  inputs: readonly Tensor[],
): Promise<QueryFactors> {
  const session = await runtime.createSession(factorModel(matrix, strategy, inputs[0]!.dims));
  try {
    const factors = strategy.factors(matrix).map(({ name, dims }) => {
      const length = elementCount(dims);
      return { name, length, data: new Float32Array(inputs.length * length) };
    });
    const feeds = {
      ...denseFeeds(matrix, 'trained', weights.trained, 1),
      ...denseFeeds(matrix, 'reference', weights.reference, 1),
    };
    const norms: QueryNorms[] = [];
    for (const [query, f] of inputs.entries()) {
      const outputs = await session.run({ ...feeds, f });
      const number = (name: string) => toNumbers(outputs[name]!)[0]!;
      const squares = number('output squares');
      norms.push({
        reference: Math.sqrt(number('reference squares')),
        output: Math.sqrt(squares),
        biasShare: squares > 0 ? number('output · bias') / squares : 0,
      });
      for (const { name, length, data } of factors) data.set(outputs[name]!.data as Float32Array, query * length);
    }
    return { norms, stacked: Object.fromEntries(factors.map(({ name, data }) => [name, data])) };
  } finally {
    await session.release();
  }
}

/** Bytes of one query's factors. */
export function factorBytes(matrix: LayerMatrix, strategy: Strategy): number {
  return strategy.factors(matrix).reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0);
}

function factorModel(matrix: LayerMatrix, strategy: Strategy, inputDims: readonly number[]): Uint8Array {
  const g = new GraphBuilder({ name: 'query' });
  const f = g.input('f', 'float32', inputDims);
  const trained = declareDense(g, matrix, 'trained');
  const reference = declareDense(g, matrix, 'reference');
  const columns = matrix.columns(g, f);
  const r = reference.apply(columns);

  // Norms are taken in float64: a layer has up to millions of outputs.
  const exact = (value: string) => g.op('Cast', [value], { to: elementTypeCode('float64') });
  const scalar = (name: string, value: string) => g.output(g.rename(value, name), 'float64');
  const z = exact(trained.apply(columns));
  const [, biases] = trained.dense();
  const bias = biases === undefined ? g.scalar(0, 'float64') : exact(stackedBiases(g, matrix, biases));
  scalar('reference squares', g.op('ReduceSumSquare', [exact(r)], { keepdims: 0 }));
  scalar('output squares', g.op('ReduceSumSquare', [z], { keepdims: 0 }));
  scalar('output · bias', g.op('ReduceSum', [g.op('Mul', [z, bias])], { keepdims: 0 }));

  const values = strategy.emitFactors(g, matrix, columns, r);
  strategy.factors(matrix).forEach(({ name, dims }, i) => g.output(g.rename(values[i]!, name), 'float32', dims));
  return encodeModel(g.model());
}
