/** A layer's weights before and after training, and what they make of queries: each weight is read once for all of them. */
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import type { Runtime } from '../../runtime/runtime.js';
import { float32, type Tensor } from '../../tensor.js';
import { declareDense, denseFeeds, deltasOf } from './forms/dense.js';
import { isByUnits } from './forms/rows.js';
import type { LayerMatrix } from './layer-matrix.js';
import { declareSizes, sizesOf } from './matrix-values.js';

/** Tensors of a layer, weight and bias, as the bytes of their float32 elements: views of the files that they were read from. */
export interface LayerWeights {
  readonly initial: readonly Uint8Array[];
  readonly trained: readonly Uint8Array[];
}

/** One flat array, laid out like the layer's deltas. */
export function flatWeights(tensors: readonly Uint8Array[]): Float32Array {
  const flat = new Uint8Array(tensors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of tensors) {
    flat.set(bytes, at);
    at += bytes.length;
  }
  return new Float32Array(flat.buffer);
}

/** How far training moved each weight. */
export function changeOf({ initial, trained }: LayerWeights): Float32Array {
  const [before, after] = [flatWeights(initial), flatWeights(trained)];
  for (let i = 0; i < after.length; i++) after[i]! -= before[i]!;
  return after;
}

/** What a layer's weights make of one query: an element for each unit and position of each group. */
export interface LayerView {
  /** z = W f + b, the layer's output before its activation. */
  readonly trained: Float32Array;
  /** The same before training. */
  readonly initial: Float32Array;
  /** (W − W⁽⁰⁾) f + b − b⁽⁰⁾ */
  readonly change: Float32Array;
}

/** Elements of the weight that are multiplied at once: what fits into a core's cache beside its copy. */
const BLOCK_ELEMENTS = 2 ** 19;
/** Most outputs of queries that share a product. */
const BLOCK_OUTPUTS = 2 ** 20;

/**
 * Applies a layer's weights to queries.
 * @param columns of each query: [groups, inputs, positions]
 */
export async function viewLayer(
  runtime: Runtime,
  matrix: LayerMatrix,
  weights: LayerWeights,
  columns: readonly Float32Array[],
): Promise<LayerView[]> {
  const { groups, units, positions } = matrix;
  const outputs = groups * units * positions;
  // Weights that are fewer than a query's columns are read again for each, rather than the columns put side by side.
  const together = positions < units ? Math.max(1, Math.floor(BLOCK_OUTPUTS / outputs)) : 1;
  const byRows = isByUnits(matrix);
  const session = await runtime.createSession(byRows ? rowsModel() : wholeModel(matrix));
  try {
    const views: LayerView[] = [];
    for (let first = 0; first < columns.length; first += together) {
      const some = columns.slice(first, first + together);
      const stacked = { columns: queriesLast(matrix, some) };
      const found: Record<View, Float32Array> = byRows
        ? await runRows(matrix, weights, some.length, (feeds) => session.run({ ...stacked, ...feeds }))
        : pick(await session.run({ ...stacked, ...wholeFeeds(matrix, weights) }));
      const own = (values: Float32Array, query: number) => {
        if (some.length === 1) return values;
        const result = new Float32Array(outputs);
        for (let i = 0; i < outputs; i++) result[i] = values[i * some.length + query]!;
        return result;
      };
      some.forEach((_, query) =>
        views.push({
          trained: own(found.trained, query),
          initial: own(found.initial, query),
          change: own(found.change, query),
        }),
      );
    }
    return views;
  } finally {
    await session.release();
  }
}

type View = keyof LayerView;
const VIEWS: readonly View[] = ['trained', 'initial', 'change'];

const pick = (found: Record<string, Tensor>) =>
  Object.fromEntries(VIEWS.map((name) => [name, found[name]!.data as Float32Array])) as Record<View, Float32Array>;

/** [groups, inputs, positions · Q], the queries innermost. */
function queriesLast({ groups, inputs, positions }: LayerMatrix, columns: readonly Float32Array[]): Tensor {
  const count = columns.length;
  const data = count === 1 ? columns[0]! : new Float32Array(count * columns[0]!.length);
  if (count > 1) {
    columns.forEach((own, query) => {
      for (let i = 0; i < own.length; i++) data[i * count + query] = own[i]!;
    });
  }
  return float32(data, [groups, inputs, positions * count]);
}

/** The whole weights at once, in any order. */
function wholeModel(matrix: LayerMatrix): Uint8Array {
  const g = new GraphBuilder({ name: 'views' });
  const values = declareSizes(g, matrix);
  const columns = g.input('columns', 'float32', ['groups', 'inputs', 'all']);
  const [trained, initial] = [declareDense(g, values, 'trained'), declareDense(g, values, 'initial')];
  const [weight, bias] = trained.dense().map((part, i) => g.op('Sub', [part, initial.dense()[i]!]));
  const parts = { trained, initial, change: deltasOf(g, values, weight!, bias) };
  for (const name of VIEWS) g.output(g.rename(parts[name].apply(columns), name), 'float32');
  return encodeModel(g.model());
}

function wholeFeeds(matrix: LayerMatrix, { initial, trained }: LayerWeights): Record<string, Tensor> {
  return {
    ...sizesOf(matrix),
    ...denseFeeds(matrix, 'trained', flatWeights(trained), 1),
    ...denseFeeds(matrix, 'initial', flatWeights(initial), 1),
  };
}

/** Some rows of the weights at once, without a bias. */
function rowsModel(): Uint8Array {
  const g = new GraphBuilder({ name: 'views of rows' });
  const columns = g.op('Squeeze', [g.input('columns', 'float32', [1, 'inputs', 'all']), g.ints([0])]);
  const rows = (name: string) => g.input(`${name} rows`, 'float32', ['rows', 'inputs']);
  const [trained, initial] = [rows('trained'), rows('initial')];
  const parts = { trained, initial, change: g.op('Sub', [trained, initial]) };
  for (const name of VIEWS) g.output(g.rename(g.op('MatMul', [parts[name], columns]), name), 'float32');
  return encodeModel(g.model());
}

async function runRows(
  { units, inputs, positions, hasBias }: LayerMatrix,
  { initial, trained }: LayerWeights,
  queries: number,
  run: (feeds: Record<string, Tensor>) => Promise<Record<string, Tensor>>,
): Promise<Record<View, Float32Array>> {
  const width = positions * queries;
  const rows = Math.max(1, Math.min(units, Math.floor(BLOCK_ELEMENTS / inputs)));
  // Weights lie in their files as they come; a few rows at a time are brought to where floats may begin.
  const scratch = { trained: new Float32Array(rows * inputs), initial: new Float32Array(rows * inputs) };
  const found = Object.fromEntries(VIEWS.map((name) => [name, new Float32Array(units * width)])) as Record<
    View,
    Float32Array
  >;
  for (let row = 0; row < units; row += rows) {
    const count = Math.min(rows, units - row);
    const part = (name: 'trained' | 'initial', [weight]: readonly Uint8Array[]) => {
      const bytes = weight!.subarray(4 * row * inputs, 4 * (row + count) * inputs);
      new Uint8Array(scratch[name].buffer).set(bytes);
      return float32(scratch[name].subarray(0, count * inputs), [count, inputs]);
    };
    const products = await run({ 'trained rows': part('trained', trained), 'initial rows': part('initial', initial) });
    for (const name of VIEWS) found[name].set(products[name]!.data as Float32Array, row * width);
  }
  if (hasBias) {
    const [after, before] = [flatWeights(trained.slice(1)), flatWeights(initial.slice(1))];
    for (let unit = 0; unit < units; unit++) {
      const biases = { trained: after[unit]!, initial: before[unit]!, change: after[unit]! - before[unit]! };
      for (const name of VIEWS) addTo(found[name].subarray(unit * width, (unit + 1) * width), biases[name]);
    }
  }
  return found;
}

function addTo(values: Float32Array, term: number): void {
  for (let i = 0; i < values.length; i++) values[i]! += term;
}
