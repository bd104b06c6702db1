/** Pictures at another size, bit by bit as Pillow and torchvision's `Resize` make them: bilinear with antialiasing. */
import type { Picture, Size } from '../dataset.js';

/** Bits behind the point of a weight: a byte times a sum of weights of 1 still fits into 31 bits. */
const PRECISION = 22;

/** For each place of the result, the first place that it is made of, and how much each place from there counts. */
interface ResamplingWeights {
  readonly first: Int32Array;
  readonly values: readonly Int32Array[];
}

/**
 * A picture stretched or shrunk to this size. A place of the result is the mean of all places of the picture that it
 * covers, those in the middle counting most (a triangle of two places' width, of the larger picture's places).
 */
export function resample(picture: Picture, { height, width }: Size): Picture {
  // Rounding happens after each pass. Pillow 13 begins with the height where that shrinks by more than twice what the
  // width does; older versions always begin with the width, from which this differs by 1 at most.
  const heightFirst = height < picture.height && 2 * (picture.width - width) < picture.height - height;
  if (heightFirst) return alongWidth(alongHeight(picture, height), width);
  return alongHeight(alongWidth(picture, width), height);
}

function alongWidth(picture: Picture, width: number): Picture {
  if (width === picture.width) return picture;
  const { height, channels, data } = picture;
  const { first, values } = weightsOf(picture.width, width);
  const result = new Uint8ClampedArray(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    const row = y * picture.width * channels;
    for (let x = 0; x < width; x++) {
      const weights = values[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (PRECISION - 1);
        let from = row + first[x]! * channels + c;
        for (let i = 0; i < weights.length; i++, from += channels) sum += data[from]! * weights[i]!;
        result[to++] = sum >> PRECISION;
      }
    }
  }
  return { height, width, channels, data: bytesOf(result) };
}

function alongHeight(picture: Picture, height: number): Picture {
  if (height === picture.height) return picture;
  const { width, channels, data } = picture;
  const { first, values } = weightsOf(picture.height, height);
  const stride = width * channels;
  const result = new Uint8ClampedArray(height * stride);
  for (let y = 0, to = 0; y < height; y++) {
    const weights = values[y]!;
    for (let x = 0; x < stride; x++) {
      let sum = 1 << (PRECISION - 1);
      let from = first[y]! * stride + x;
      for (let i = 0; i < weights.length; i++, from += stride) sum += data[from]! * weights[i]!;
      result[to++] = sum >> PRECISION;
    }
  }
  return { height, width, channels, data: bytesOf(result) };
}

function bytesOf(clamped: Uint8ClampedArray): Uint8Array {
  return new Uint8Array(clamped.buffer, clamped.byteOffset, clamped.length);
}

function weightsOf(size: number, wanted: number): ResamplingWeights {
  const scale = size / wanted;
  const support = Math.max(1, scale);
  const first = new Int32Array(wanted);
  const values = Array.from({ length: wanted }, (_, place) => {
    const center = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(size, Math.trunc(center + support + 0.5));
    first[place] = start;
    const shares = Float64Array.from({ length: end - start }, (_share, i) =>
      Math.max(0, 1 - Math.abs((i + start - center + 0.5) * (1 / support))),
    );
    const sum = shares.reduce((a, b) => a + b, 0);
    return Int32Array.from(shares, (share) => Math.trunc(0.5 + (share / sum) * 2 ** PRECISION));
  });
  return { first, values };
}
