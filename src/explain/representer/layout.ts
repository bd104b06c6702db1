/** The two orders of Θ: all weights and then all biases (flat), or for each output its weights and then its bias (rows). */
import type { FlatWeights } from './fit/objective.js';

/** From rows [outputs, columns (+ 1)] to flat weights; a new array where there is a bias. */
export function toFlat(rows: Float64Array, outputs: number, bias: boolean): FlatWeights {
  if (!bias) return rows;
  const columns = rows.length / outputs - 1;
  const flat = new Float64Array(rows.length);
  for (let j = 0; j < outputs; j++) {
    const start = j * (columns + 1);
    flat.set(rows.subarray(start, start + columns), j * columns);
    flat[outputs * columns + j] = rows[start + columns]!;
  }
  return flat;
}

/** From flat weights to rows [outputs, columns (+ 1)]; a new array where there is a bias. */
export function toRows(flat: FlatWeights, outputs: number, bias: boolean): Float64Array {
  if (!bias) return flat;
  const columns = flat.length / outputs - 1;
  const rows = new Float64Array(flat.length);
  for (let j = 0; j < outputs; j++) {
    const start = j * (columns + 1);
    rows.set(flat.subarray(j * columns, (j + 1) * columns), start);
    rows[start + columns] = flat[outputs * columns + j]!;
  }
  return rows;
}
