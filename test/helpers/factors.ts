/** Factors of updates, as a graph finds them for some weights. */
import { GraphBuilder } from '../../src/graph/builder.js';
import { layerLayout } from '../../src/log/format/layer.js';
import { lowrank, lowRankParts } from '../../src/log/codecs/lowrank.js';
import { seededRandom } from '../../src/numeric/random.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { float32, type Tensor } from '../../src/tensor.js';
import type { FactoredInput } from '../../src/train/low-rank/input-subspace.js';
import { lowRankPayloads } from '../../src/train/low-rank/payloads.js';
import { emitLowRankUpdates, initialSubspace, subspaceDims } from '../../src/train/low-rank/update.js';
import { runtime } from './training.js';

export interface Weight {
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  /** Of the codec; the first by default. */
  readonly version?: number;
  /** Of the input, [rows of a batch, features]; or of a convolution, [rows of a batch, channels, …sizes]. */
  readonly input?: Pick<FactoredInput, 'transposed' | 'windows'> & { readonly features: number };
}

/** A graph that factors updates of some weights, and what it takes and gives. */
export async function openFactors(weights: readonly Weight[]) {
  const g = new GraphBuilder({ name: 'factors' });
  const named = weights.map(({ input, ...weight }, i) => {
    const sizes = input?.windows?.input ?? [];
    const described = {
      version: 1,
      ...weight,
      layer: `layer${i}`,
      weight: g.input(`before${i}`, 'float32', [weight.rows, weight.columns]),
      next: g.input(`after${i}`, 'float32', [weight.rows, weight.columns]),
      input: input && {
        ...input,
        dims: 2 + sizes.length,
        axis: 1,
        value: g.input(`input${i}`, 'float32', ['batch', input.features, ...sizes]),
      },
    };
    const dims = subspaceDims(described);
    return { ...described, dims, subspace: g.input(`subspace${i}`, 'float32', dims) };
  });
  const emitted = emitLowRankUpdates(g, named);
  emitted.forEach(({ left, right, numbers, subspace }, i) => {
    const { rank, rows, columns } = weights[i]!;
    g.output(g.rename(left, `left${i}`), 'int8', [rank, rows]);
    g.output(g.rename(right, `right${i}`), 'int8', [rank, columns]);
    g.output(g.rename(numbers, `numbers${i}`), 'float32', [2 * rank + 1]);
    g.output(g.rename(subspace, `next${i}`), 'float32', named[i]!.dims);
  });
  const session = await runtime.createSession(encodeModel(g.model()));
  let subspaces = named.map(({ dims }, i) => initialSubspace(i, ...dims));
  return {
    release: () => session.release(),
    /** @param updates of each weight, from weights that are `before` */
    run: async (updates: readonly Float32Array[], before?: readonly Float32Array[], inputs?: readonly Tensor[]) => {
      const feeds: Record<string, Tensor> = {};
      weights.forEach(({ rows, columns, input }, i) => {
        const start = before?.[i] ?? new Float32Array(rows * columns);
        feeds[`before${i}`] = float32(start, [rows, columns]);
        feeds[`after${i}`] = float32(
          start.map((value, at) => value + updates[i]![at]!),
          [rows, columns],
        );
        feeds[`subspace${i}`] = subspaces[i]!;
        if (input) feeds[`input${i}`] = inputs![i]!;
      });
      const outputs = await session.run(feeds);
      subspaces = weights.map((_, i) => outputs[`next${i}`]!);
      return weights.map(({ rank, rows, columns }, i) => {
        const layout = layerLayout({ name: '', tensors: [{ name: 'weight', dims: [rows, columns] }] });
        const names = { left: `left${i}`, right: `right${i}`, numbers: `numbers${i}` };
        const [payload] = lowRankPayloads(outputs, { layer: '', layout, rank, ...names });
        const decoded = new Float32Array(rows * columns);
        lowrank.decode(payload!, layout, decoded);
        return { decoded, ...lowRankParts(payload!, layout), subspace: subspaces[i]!.data as Float32Array };
      });
    },
  };
}

/** The stream that these tests draw from. */
export const random = seededRandom(5, 0);
/** So many normal numbers. */
export const normal = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * random.normal());

/** A matrix of that rank, with singular values that fall off by `decay`. */
export function product(rows: number, columns: number, rank: number, scale = 1, decay = 0.5): Float32Array {
  const sum = new Float32Array(rows * columns);
  for (let j = 0; j < rank; j++) {
    const [u, v] = [normal(rows), normal(columns)];
    for (let a = 0; a < rows; a++)
      for (let b = 0; b < columns; b++) sum[a * columns + b]! += scale * decay ** j * u[a]! * v[b]!;
  }
  return sum;
}

/** Euclidean norm. */
export const norm = (values: Float32Array) => Math.hypot(...values);
/** Euclidean distance. */
export const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

/**
 * Rounding to int8 takes of each row at most half a level an element, so of the whole at most √n / 254 of the largest: 0.04 for
 * 100 normal numbers, on either side.
 */
export const INT8 = 0.06;
