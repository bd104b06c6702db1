/**
 * From bytes to what a model takes: (x / 255 − mean) / std, per channel. Floats are taken as they are.
 *
 * This is the one place where the formula stands; a graph that normalizes for itself uses `scaleAndOffset`, and `normalize`
 * rounds as that graph does (one float32 multiplication, then one addition), so that both give the same bits.
 */
import { InputError } from '../errors.js';
import { elementCount } from '../tensor.js';
import type { ExampleArray } from './dataset.js';

/** Mean and standard deviation of pixels scaled to [0, 1]: one number for all channels, or one for each. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** x / 255: what a model gets that was trained on nothing but `ToTensor()`. */
export const UNIT_RANGE: Normalization = { mean: [0], std: [1] };

/**
 * The same formula as x · scale + offset on bytes x, float32, one of each a channel.
 * @throws InputError when there are neither one nor `channels` numbers, one is not finite, or a std is not positive
 */
export function scaleAndOffset(
  { mean, std }: Normalization,
  channels: number,
): { scale: Float32Array; offset: Float32Array } {
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values.length !== 1 && values.length !== channels) {
      throw new InputError(`normalization: ${values.length} numbers for ${name}, expected 1 or ${channels} (channels)`);
    }
    const isGood = (value: number): boolean => Number.isFinite(value) && (name === 'mean' || value > 0);
    const wrong = values.find((value) => !isGood(value));
    if (wrong !== undefined) {
      throw new InputError(
        `normalization: ${wrong} for ${name}, expected a ${name === 'mean' ? 'finite' : 'positive'} number`,
      );
    }
  }
  const at = (values: readonly number[], channel: number): number => values[values.length === 1 ? 0 : channel]!;
  return {
    scale: Float32Array.from({ length: channels }, (_, c) => 1 / (255 * at(std, c))),
    offset: Float32Array.from({ length: channels }, (_, c) => -at(mean, c) / at(std, c)),
  };
}

/**
 * Examples as a model takes them.
 * @param examples `[n, …shape]`; a Float32Array is returned as it is
 * @param shape of one example; three dimensions are [channels, height, width], anything else counts as one channel
 */
export function normalize(
  examples: ExampleArray,
  shape: readonly number[],
  normalization: Normalization = UNIT_RANGE,
): Float32Array {
  if (examples instanceof Float32Array) return examples;
  const channels = shape.length === 3 ? shape[0]! : 1;
  const { scale, offset } = scaleAndOffset(normalization, channels);
  const plane = elementCount(shape) / channels;
  // A byte has 256 values: each is computed once a channel. Storing in a Float32Array rounds after each step.
  const table = new Float32Array(256 * channels);
  for (let i = 0; i < table.length; i++) table[i] = (i % 256) * scale[i >> 8]!;
  for (let i = 0; i < table.length; i++) table[i]! += offset[i >> 8]!;

  const result = new Float32Array(examples.length);
  for (let start = 0, channel = 0; start < examples.length; start += plane, channel = (channel + 1) % channels) {
    const row = channel * 256;
    for (let i = start; i < start + plane; i++) result[i] = table[row + examples[i]!]!;
  }
  return result;
}
