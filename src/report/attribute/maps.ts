/** The maps of an attribute result as planes that can be drawn. */
import type { FloatArray } from '../../tensor.js';

/** One value a pixel, row by row from the top. */
export interface Plane {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float32Array;
}

/** A plane, and the magnitude at which its colours are full. */
export interface ScaledPlane extends Plane {
  /** The magnitude that gets the full colour. */
  readonly limit: number;
}

/**
 * A map with its channels added up; undefined where it is no image. A third axis of 1 or 3 at the end is one of channels
 * too.
 */
export function planeOf({ shape, data }: FloatArray): Plane | undefined {
  if (shape.length === 2) return { rows: shape[0]!, columns: shape[1]!, values: Float32Array.from(data) };
  if (shape.length !== 3) return undefined;
  const [first, middle, last] = shape as [number, number, number];
  const isLast = (last === 1 || last === 3) && first > 4;
  const [rows, columns, channels] = isLast ? [first, middle, last] : [middle, last, first];
  const pixels = rows * columns;
  const sums = new Float64Array(pixels);
  data.forEach((value, i) => (sums[isLast ? Math.floor(i / channels) : i % pixels]! += value));
  return { rows, columns, values: Float32Array.from(sums) };
}

/** Share of the pixels within the scale: the few beyond would make all others pale. */
const WITHIN = 0.995;

/** The plane with a scale that nearly all of its values are within. */
export function scaled(plane: Plane): ScaledPlane {
  const sizes = plane.values.map(Math.abs).sort();
  const limit = sizes[Math.min(sizes.length - 1, Math.floor(WITHIN * sizes.length))]!;
  return { ...plane, limit: limit > 0 ? limit : sizes.at(-1)! };
}

/** One entry of a stack of maps. */
export function entryOf({ shape, data }: FloatArray, index: number): FloatArray {
  const size = data.length / shape[0]!;
  return { shape: shape.slice(1), data: data.slice(index * size, (index + 1) * size) };
}

/** A map as means of squares of its pixels. @param side of a square; 1 leaves the map as it is */
export function reduced(map: Plane, side: number): Plane {
  if (side === 1) return map;
  const [columns, rows] = [Math.ceil(map.columns / side), Math.ceil(map.rows / side)];
  const sums = new Float64Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  map.values.forEach((value, i) => {
    const cell = Math.floor(Math.floor(i / map.columns) / side) * columns + Math.floor((i % map.columns) / side);
    sums[cell]! += value;
    counts[cell]!++;
  });
  return { columns, rows, values: Float32Array.from(sums, (sum, i) => sum / counts[i]!) };
}
