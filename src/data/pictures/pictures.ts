/** Images between the two layouts in use: channel planes (what models take) and interleaved pixels (what is shown). */
import type { ExampleArray, Picture } from '../dataset.js';

/** Writes interleaved pixels as channel planes `[channels, height, width]`. */
export function toPlanes({ channels, data }: Picture, target: ExampleArray): void {
  const pixels = data.length / channels;
  for (let c = 0, to = 0; c < channels; c++) for (let p = 0; p < pixels; p++) target[to++] = data[p * channels + c]!;
}

/**
 * Channel planes as a picture. Floats within [0, 1] are scaled by 255, others from their own minimum and maximum.
 * @param shape `[1 or 3, height, width]`
 */
export function toPicture(planes: ExampleArray, shape: readonly number[]): Picture {
  const [channels, height, width] = shape as [1 | 3, number, number];
  const bytes = planes instanceof Uint8Array ? planes : floatsToBytes(planes);
  const data = new Uint8Array(bytes.length);
  const pixels = height * width;
  for (let c = 0, from = 0; c < channels; c++) for (let p = 0; p < pixels; p++) data[p * channels + c] = bytes[from++]!;
  return { height, width, channels, data };
}

function floatsToBytes(values: Float32Array): Uint8Array {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low >= 0 && high <= 1) [low, high] = [0, 1];
  const scale = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(values, (value) => Math.round((value - low) * scale));
}

/**
 * A picture with this many channels: grey is repeated for red, green and blue; colour becomes grey by the ITU-R 601-2
 * luma 0.299 R + 0.587 G + 0.114 B, in Pillow's whole numbers.
 */
export function withChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture;
  const { height, width, data } = picture;
  const result = new Uint8Array(height * width * channels);
  for (let p = 0; p < height * width; p++) {
    if (channels === 3) result.fill(data[p]!, 3 * p, 3 * p + 3);
    else result[p] = (19595 * data[3 * p]! + 38470 * data[3 * p + 1]! + 7471 * data[3 * p + 2]! + 0x8000) >> 16;
  }
  return { height, width, channels, data: result };
}

/**
 * Examples with interleaved pixels rearranged into channel planes, in place.
 * @param shape the wanted one, `[channels, height, width]`
 */
export function channelAxisFirst<T extends ExampleArray>(examples: T, shape: readonly number[]): T {
  const [channels, height, width] = shape as [number, number, number];
  const pixels = height * width;
  const size = channels * pixels;
  const one = examples.slice(0, size);
  for (let start = 0; start < examples.length; start += size) {
    one.set(examples.subarray(start, start + size));
    for (let c = 0, to = start; c < channels; c++) {
      for (let p = 0; p < pixels; p++) examples[to++] = one[p * channels + c]!;
    }
  }
  return examples;
}
