/** The first generation of lowerings: what runs were trained with that do not say, and come again to the bit by. */
import { columnElements, work } from './costs.js';
import type { Lowerings } from './geometry.js';
import { inputByColumns } from './input-columns.js';
import { inputByFlippedConv } from './input-flipped.js';
import { inputByTransposedConv } from './input-transposed.js';
import { outputByConv } from './output-conv.js';
import { weightByColumns } from './weight-columns.js';
import { weightByRows } from './weight-rows.js';
import { weightBySwappedConv } from './weight-swapped.js';
import { weightByTaps } from './weight-taps.js';

/** Not to be changed: neither lowerings, nor costs, nor what the lowerings emit, where that changes a bit. */
export const FIRST: Lowerings = {
  output: [{ lowering: outputByConv, cost: work }],
  input: [
    { lowering: inputByTransposedConv, cost: (geometry) => 2.2 * work(geometry) },
    {
      lowering: inputByFlippedConv,
      cost: (geometry) => work(geometry) * (1 + 64 / geometry.channels) * (1 + 64 / geometry.places),
    },
    { lowering: inputByColumns, cost: (geometry) => 2.4 * work(geometry) },
  ],
  weight: [
    { lowering: weightBySwappedConv, cost: (geometry) => 4 * work(geometry) + 30 * columnElements(geometry) },
    { lowering: weightByColumns, cost: (geometry) => 1.1 * work(geometry) + 100 * columnElements(geometry) },
    {
      lowering: weightByRows,
      cost: (geometry) => 0.9 * work(geometry) + (geometry.places < 64 ? 50 : 150) * columnElements(geometry),
    },
    {
      lowering: weightByTaps,
      cost: (geometry) => 1.2 * Math.max(1, 16 / geometry.channels) * work(geometry) + 50 * columnElements(geometry),
    },
  ],
};
