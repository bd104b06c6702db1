/** The maps of a result, out of the page's data. */
import { usePart } from '../context.js';
import type { PackedArray } from '../payload.js';
import type { Plane } from '../../attribute/maps.js';

const known = new WeakMap<PackedArray, readonly Plane[]>();

/** All maps of an array. @returns the same list each time */
export function mapsIn(array: PackedArray): readonly Plane[] {
  const found = known.get(array);
  if (found) return found;
  const [count = 0, rows = 0, columns = 0] = array.shape;
  const bytes = Uint8Array.from(atob(array.data), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const size = rows * columns;
  const maps = Array.from({ length: count }, (_, m) => ({
    columns,
    rows,
    values: Float32Array.from(
      { length: size },
      (_, i) => (view.getInt16(2 * (m * size + i), true) * array.limit) / 32767,
    ),
  }));
  known.set(array, maps);
  return maps;
}

/** Finds the maps of a file that the result names; none where it is no picture. */
export function useMaps(): (file: string) => readonly Plane[] {
  const { arrays } = usePart();
  return (file) => {
    const array = Object.hasOwn(arrays, file) ? arrays[file] : undefined;
    return array ? mapsIn(array) : [];
  };
}

/** Pixels a side of the squares whose means a map shows; 1 where it shows each pixel. @param shape of the map in the result */
export function squareOf({ rows, columns }: Plane, shape: readonly number[]): number {
  return Math.max(1, Math.ceil(Math.max(...shape) / Math.max(rows, columns)));
}
