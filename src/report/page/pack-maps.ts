/** Maps on their way into a page: one value a pixel, and no more pixels than a page has room for. */
import type { PackedArray } from '../app/payload.js';
import { reduced, type Plane } from '../attribute/maps.js';
import { packArray } from './pack.js';

/** Nobody sees more pixels of a map on a page. */
const LARGEST_EDGE = 112;
/** However many maps there are, each keeps so many pixels a side. */
const SMALLEST_EDGE = 16;
/** Values of all maps together: two bytes each, before they are compressed. */
const VALUES = 2 ** 20;

/** Maps of one size that a result names by one file. */
export interface MapStack {
  readonly file: string;
  readonly maps: readonly Plane[];
}

/** Packs maps as [maps, rows, columns]. Large ones, or those of many, become means of squares of their pixels. */
export function packMaps(stacks: readonly MapStack[]): Record<string, PackedArray> {
  const count = stacks.reduce((sum, { maps }) => sum + maps.length, 0);
  const edge = Math.min(LARGEST_EDGE, Math.max(SMALLEST_EDGE, Math.floor(Math.sqrt(VALUES / Math.max(1, count)))));
  const packed: Record<string, PackedArray> = {};
  for (const { file, maps } of stacks) {
    const [first] = maps;
    if (!first) continue;
    const side = Math.ceil(Math.max(first.columns, first.rows) / edge);
    const small = maps.map((map) => reduced(map, side));
    const { columns, rows } = small[0]!;
    const values = new Float32Array(maps.length * columns * rows);
    small.forEach((map, i) => values.set(map.values, i * columns * rows));
    packed[file] = packArray(values, [maps.length, rows, columns]);
  }
  return packed;
}
