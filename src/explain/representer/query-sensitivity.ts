/** The gradient of each explained score by the input, taken apart into the maps of its strongest training points. */
import type { FloatArray } from '../../tensor.js';
import type { Input } from '../../data/input.js';
import { bytesText, countText } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import type { RepresenterSensitivity } from '../../results/representer.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { CachedFit } from './cached-fit.js';
import type { FlatWeights } from './fit/objective.js';
import type { ScoreExplanation } from './explain-scores.js';
import { openSensitivity, pointSeeds, scoreSeed, type Smoothing } from './sensitivity.js';
import type { LayerData } from './layer-data.js';

/** Maps of one query. */
export interface QuerySensitivity {
  readonly result: RepresenterSensitivity;
  /** [1 + points, …input's dimensions]: the whole gradient first. */
  readonly maps: FloatArray;
}

/**
 * Computes the maps of every query.
 * @param spelled weights that all training points spell out: their gradient is the sum of all maps
 * @throws InputError without a model, for one that cannot be differentiated, and for a smoothing that makes no sense
 */
export async function querySensitivities(
  { network, layer }: LayerData,
  inputs: readonly Input[],
  { fit, points }: CachedFit,
  spelled: FlatWeights,
  targets: readonly number[],
  explained: readonly ScoreExplanation[],
  smoothing: Smoothing,
  runtime: Runtime,
): Promise<QuerySensitivity[]> {
  if (!network) throw new InputError('`sensitivity` differentiates the model: give `model`');
  const { columns, outputs } = layer;
  const opened = await openSensitivity(network, runtime);
  try {
    const results: QuerySensitivity[] = [];
    for (const [q, target] of targets.entries()) {
      const { excitatory, inhibitory } = explained[q]!;
      const indices = [...excitatory, ...inhibitory].map(({ index }) => index);
      const seeds = [
        scoreSeed(fit.weights, columns, outputs, target),
        pointSeeds(points, indices, target),
        scoreSeed(spelled, columns, outputs, target),
      ];
      const { name, data, shape } = inputs[q]!;
      const input = network.body.prepare(data, shape, name);
      checkSize(2 + indices.length, input);
      const all = await opened.maps(input, joined(seeds), smoothing);
      const size = all.data.length / (2 + indices.length);
      results.push({
        maps: { shape: [1 + indices.length, ...input.shape], data: all.data.slice(0, -size) },
        result: {
          shape: [...input.shape],
          samples: smoothing.samples,
          noise: smoothing.samples === 1 ? 0 : smoothing.noise,
          file: `query-${q}/sensitivity.npy`,
          points: indices,
          error: relativeError(all.data.subarray(0, size), all.data.subarray(-size)),
        },
      });
    }
    return results;
  } finally {
    await opened.release();
  }
}

/** Bytes of all maps of one query, above which they are refused. */
const LARGEST_MAPS = 2 ** 29;

function checkSize(maps: number, { data }: FloatArray): void {
  const bytes = maps * data.length * 4;
  if (bytes <= LARGEST_MAPS) return;
  throw new InputError(
    `\`sensitivity\`: ${countText(maps)} maps of ${countText(data.length)} numbers take ${bytesText(bytes)}, more than ` +
      `${bytesText(LARGEST_MAPS)}; lower \`topK\``,
  );
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    result.set(part, start);
    start += part.length;
  }
  return result;
}

/** ‖whole − sum‖∞ / ‖whole‖∞; 0 where the whole is. */
function relativeError(whole: Float32Array, sum: Float32Array): number {
  const largest = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const missing = whole.reduce((most, value, i) => Math.max(most, Math.abs(value - sum[i]!)), 0);
  return largest > 0 ? missing / largest : 0;
}

/** @throws InputError for a smoothing that makes no sense */
export function checkSmoothing({ samples, noise }: Smoothing): void {
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new InputError(`\`smoothGrad\` ${samples}: expected a whole number of samples from 1`);
  }
  if (!(noise >= 0 && noise < Infinity)) throw new InputError(`\`noise\` ${noise}: expected a number from 0`);
}
