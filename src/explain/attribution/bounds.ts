/** The range that input elements lie in, for the z^B rule. */
import type { Input } from '../../data/input.js';
import type { Normalization } from '../../data/normalization.js';
import type { AttributionSettings } from './settings.js';

type Bounds = AttributionSettings['bounds'];

/** What black and white pixels become. */
export function pixelBounds({ mean, std }: Normalization): Bounds {
  const channels = Math.max(mean.length, std.length);
  const at = (values: readonly number[], c: number) => values[values.length === 1 ? 0 : c]!;
  const of = (pixel: number) => Array.from({ length: channels }, (_, c) => (pixel - at(mean, c)) / at(std, c));
  return { low: of(0), high: of(1) };
}

/** Bounds as given; where they are left out, those of pixels after normalisation, or of the inputs at hand. */
export function boundsOf(
  { low, high }: Bounds,
  inputs: readonly Pick<Input, 'data'>[],
  normalization: Normalization,
): Bounds {
  if (low.length > 0 && high.length > 0) return { low, high };
  const pixels = inputs.every(({ data }) => data instanceof Uint8Array);
  const found = pixels ? pixelBounds(normalization) : extremes(inputs);
  const encloses = low.length === 0 && high.length === 0;
  return { low: low.length > 0 ? low : found.low, high: high.length > 0 ? high : found.high, encloses };
}

function extremes(inputs: readonly Pick<Input, 'data'>[]): Bounds {
  let [low, high] = [Infinity, -Infinity];
  for (const { data } of inputs) {
    for (const value of data) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { low: [low], high: [high] };
}
