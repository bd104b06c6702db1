/** What a layer's projection needs of each query, computed once before the log is read. */
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import { giveBack } from '../../runtime/give-back.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount, float32, type Tensor } from '../../tensor.js';
import type { LayerMatrix } from './layer-matrix.js';
import { declareSizes, sizesOf } from './matrix-values.js';
import { flatWeights, viewLayer, type LayerView, type LayerWeights } from './layer-weights.js';
import type { Strategy } from './strategies/strategy.js';

/** What queries are compared with: the layer's output W f + b, or what training made of it. */
export type Reference = 'full' | 'delta';

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
  /** What the layer makes of each. */
  readonly views: readonly LayerView[];
  /** The strategy's factors by name, queries stacked: [queries, …dims]. Threads may share their memory. */
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
  weights: LayerWeights,
  reference: Reference,
  inputs: readonly Tensor[],
): Promise<QueryFactors> {
  const columns = await columnsOfAll(runtime, matrix, inputs);
  const views = await viewLayer(runtime, matrix, weights, columns);
  const references = views.map(({ trained, change }) => (reference === 'full' ? trained : change));
  const biases = matrix.hasBias ? flatWeights(weights.trained.slice(1)) : undefined;
  const norms = views.map(({ trained }, query) => normsOf(matrix, trained, references[query]!, biases));
  const stacked = await stackFactors(runtime, matrix, strategy, columns, references);
  giveBack(columns);
  return { norms, views, stacked };
}

/** Bytes of one query's factors. */
export function factorBytes(matrix: LayerMatrix, strategy: Strategy): number {
  return strategy.factors(matrix).reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0);
}

/** The columns of each query: [groups, inputs, positions]. */
async function columnsOfAll(runtime: Runtime, matrix: LayerMatrix, inputs: readonly Tensor[]): Promise<Float32Array[]> {
  const g = new GraphBuilder({ name: 'columns' });
  const f = g.input('f', 'float32', inputs[0]!.dims);
  g.output(g.rename(matrix.columns(g, f), 'columns'), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const columns: Float32Array[] = [];
    for (const input of inputs) columns.push((await session.run({ f: input })).columns!.data as Float32Array);
    return columns;
  } finally {
    await session.release();
  }
}

/** Norms in float64: a layer has up to millions of outputs. */
function normsOf(
  { positions }: LayerMatrix,
  z: Float32Array,
  r: Float32Array,
  biases: Float32Array | undefined,
): QueryNorms {
  let [squares, reference, bias] = [0, 0, 0];
  for (let i = 0; i < z.length; i++) {
    squares += z[i]! ** 2;
    reference += r[i]! ** 2;
    if (biases) bias += z[i]! * biases[Math.floor(i / positions)]!;
  }
  return {
    reference: Math.sqrt(reference),
    output: Math.sqrt(squares),
    biasShare: squares > 0 ? bias / squares : 0,
  };
}

async function stackFactors(
  runtime: Runtime,
  matrix: LayerMatrix,
  strategy: Strategy,
  columns: readonly Float32Array[],
  references: readonly Float32Array[],
): Promise<Record<string, Float32Array>> {
  const { groups, units, inputs, positions } = matrix;
  const given = {
    columns: { dims: [groups, inputs, positions], data: columns },
    reference: { dims: [groups, units, positions], data: references },
  };
  const g = new GraphBuilder({ name: 'factors' });
  for (const name of Object.keys(given)) g.input(name, 'float32', ['groups', name, 'positions']);
  const values = strategy.emitFactors(g, declareSizes(g, matrix), 'columns', 'reference');
  const factors = strategy.factors(matrix).map(({ name, dims }, i) => {
    const length = elementCount(dims);
    return { name, dims, length, value: values[i]!, data: sharedFloats(columns.length * length) };
  });
  const isGiven = (value: string): value is keyof typeof given => Object.hasOwn(given, value);
  for (const { value, length, data } of factors) {
    if (isGiven(value)) given[value].data.forEach((own, query) => data.set(own, query * length));
  }
  const computed = factors.filter(({ value }) => !isGiven(value));
  if (computed.length > 0) {
    for (const { value, name } of computed) g.output(g.rename(value, name), 'float32');
    const session = await runtime.createSession(encodeModel(g.model()));
    try {
      for (let query = 0; query < columns.length; query++) {
        const outputs = await session.run({
          ...sizesOf(matrix),
          columns: float32(columns[query]!, given.columns.dims),
          reference: float32(references[query]!, given.reference.dims),
        });
        for (const { name, length, data } of computed) data.set(outputs[name]!.data as Float32Array, query * length);
      }
    } finally {
      await session.release();
    }
  }
  return Object.fromEntries(factors.map(({ name, data }) => [name, data]));
}

/** Numbers that threads read from where they lie: to post them to each would copy them twice for each. */
function sharedFloats(length: number): Float32Array {
  // Browsers share memory on request alone.
  return typeof SharedArrayBuffer === 'undefined'
    ? new Float32Array(length)
    : new Float32Array(new SharedArrayBuffer(4 * length));
}
