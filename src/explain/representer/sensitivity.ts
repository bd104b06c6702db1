/** Sensitivity maps of single training points ([Yeh et al. 2018], Sec. 4.4): ∂Φ_j/∂x = Σ_i α_ij ∂⟨f_i, f(x)⟩/∂x. */
import { emitBackward, emitForward } from '../../autodiff/differentiate.js';
import { mostRows } from '../../classifier/classifier.js';
import type { FloatArray } from '../../tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { nodesLeadingTo } from '../../graph/reachable.js';
import { encodeModel } from '../../onnx/codec.js';
import { feedsOf, graphOf, opsetOf } from '../../onnx/model.js';
import { seededRandom } from '../../numeric/random.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount, float32 } from '../../tensor.js';
import { rowOf } from './features/features.js';
import { weightOf, type PointSet } from './point-set.js';
import type { Network } from './network.js';

/** How maps are averaged (SmoothGrad). */
export interface Smoothing {
  /** Noisy copies of the input; 1 takes the input itself. */
  readonly samples: number;
  /** Standard deviation of the noise, as a share of the input's range. */
  readonly noise: number;
  readonly seed: number;
}

/** A differentiable body; release it when done. */
export interface Sensitivity {
  /**
   * Gradients of ⟨s, f(x)⟩ by the input, for several vectors s.
   * @param input one example as the model takes it
   * @param seeds [count, features]
   * @returns [count, …input's dimensions]
   */
  maps(input: FloatArray, seeds: Float32Array, smoothing: Smoothing): Promise<FloatArray & { data: Float32Array }>;
  release(): Promise<void>;
}

/** Seeds in one backward pass. */
const ROWS = 64;

/**
 * Opens the part of a model before the explained layer for differentiation.
 * @throws InputError listing every operator on the way that has no gradient
 */
export async function openSensitivity({ classifier, explained }: Network, runtime: Runtime): Promise<Sensitivity> {
  const { model, values, batch } = classifier;
  const graph = graphOf(model);
  const feed = feedsOf(graph)[0]!;
  const { layer, columns } = explained;
  const nodes = nodesLeadingTo(graph.node, [layer.input]);
  const g = new GraphBuilder({ opset: opsetOf(model), name: 'sensitivity', prefix: 'sensitivity/' });
  g.graph.input.push(feed);
  g.reserve(feed.name);
  g.graph.initializer.push(...graph.initializer);
  const seeds = g.input('sensitivity/seeds', 'float32', ['batch', columns]);
  const tape = emitForward(g, nodes, values, [feed.name]);
  const shaped = g.op('Reshape', [seeds, g.op('Shape', [layer.input])]);
  const gradient = emitBackward(g, tape, new Map([[layer.input, shaped]]), [feed.name]).get(feed.name)!;
  g.output(g.rename(gradient, 'sensitivity/map'), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));

  const gradients = async (data: Float32Array, shape: readonly number[], vectors: Float32Array) => {
    const count = vectors.length / columns;
    const size = data.length;
    const result = new Float32Array(count * size);
    const most = Math.min(ROWS, mostRows(classifier));
    for (let start = 0; start < count; start += most) {
      const wanted = Math.min(most, count - start);
      // Rows that a fixed batch has besides are copies with a seed of zeros.
      const rows = batch ?? wanted;
      const inputs = new Float32Array(rows * size);
      for (let row = 0; row < rows; row++) inputs.set(data, row * size);
      const part = new Float32Array(rows * columns);
      part.set(vectors.subarray(start * columns, (start + wanted) * columns));
      const feeds = { [feed.name]: float32(inputs, [rows, ...shape]), [seeds]: float32(part, [rows, columns]) };
      const maps = (await session.run(feeds))['sensitivity/map']!.data as Float32Array;
      result.set(maps.subarray(0, wanted * size), start * size);
    }
    return result;
  };
  return {
    maps: async ({ shape, data }, vectors, { samples, noise, seed }) => {
      const count = vectors.length / columns;
      const random = seededRandom(seed);
      const deviation = noise * rangeOf(data);
      const total = new Float64Array(count * elementCount(shape));
      for (let s = 0; s < samples; s++) {
        const input =
          samples === 1 ? Float32Array.from(data) : Float32Array.from(data, (x) => x + deviation * random.normal());
        (await gradients(input, shape, vectors)).forEach((value, i) => (total[i]! += value / samples));
      }
      return { shape: [count, ...shape], data: Float32Array.from(total) };
    },
    release: () => session.release(),
  };
}

/** α_ij f_i of some training points: what their maps are the gradients of. */
export function pointSeeds(set: PointSet, indices: readonly number[], target: number): Float32Array {
  const { columns, data } = set.features;
  const seeds = new Float32Array(indices.length * columns);
  indices.forEach((index, row) => {
    const weight = weightOf(set, index, target);
    rowOf(data, columns, index).forEach((value, k) => (seeds[row * columns + k] = weight * value));
  });
  return seeds;
}

/** The weights of one score, without its bias: the sum of the seeds of all training points. */
export function scoreSeed(weights: Float64Array, columns: number, outputs: number, target: number): Float32Array {
  if (outputs > 1) return Float32Array.from(rowOf(weights, columns, target));
  return Float32Array.from(rowOf(weights, columns, 0), (value) => (target === 0 ? -value : value));
}

function rangeOf(data: ArrayLike<number>): number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) [low, high] = [Math.min(low, data[i]!), Math.max(high, data[i]!)];
  return high - low;
}
