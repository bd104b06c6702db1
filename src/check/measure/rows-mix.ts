/** Whether the rows of a batch influence one another: batch statistics, a range or scale taken over the whole batch. */
import { seededRandom } from '../../random.js';
import type { Session } from '../../runtime/runtime.js';
import { elementCount } from '../../tensor.js';
import { CouldNotRun } from '../unavailable.js';
import type { Feed } from './feeds.js';
import { hasFixedBatch, runRows } from './run-rows.js';
import { relativeError, rowAt } from './statistics.js';

/** Another number of rows makes for another order of sums, 1e-6 or so. */
const TOLERANCE = 1e-4;

/** Rows in a batch of unlike ones. */
const ROWS = 3;

/**
 * Runs the first probe alone and among unlike rows.
 * @returns true where its outputs differ, or where it can be run alone only. A model of a fixed batch leaves no choice: false
 */
export async function rowsMix(session: Session, feeds: readonly Feed[], fetches: readonly string[]): Promise<boolean> {
  if (hasFixedBatch(session)) return false;
  const alone = await orNone(() => runRows(session, feeds, fetches, { count: 1, rows: 1 }));
  if (!alone) return false;
  const among = await orNone(() => runRows(session, feeds.map(amongUnlike), fetches, { count: ROWS, rows: ROWS }));
  if (!among) return true;
  return fetches.some((name) => relativeError(plain(rowAt(among[name]!, 0)), plain(alone[name]!.data)) > TOLERANCE);
}

async function orNone<T>(run: () => Promise<T>): Promise<T | undefined> {
  return run().catch((error: unknown) => {
    if (error instanceof CouldNotRun) return undefined;
    throw error;
  });
}

/** The first row, and rows of another range, mean and order. */
function amongUnlike({ dims, data, isReal }: Feed, place: number): Feed {
  const size = elementCount(dims.slice(1));
  const first = data.subarray(0, size);
  const largest = first.reduce((most: number, value: number) => Math.max(most, Math.abs(value)), 0) || 1;
  const rows = new Float64Array(ROWS * size);
  rows.set(first);
  for (let row = 1; row < ROWS; row++) {
    const random = seededRandom(row, place);
    // Whole numbers may be places in a table: the same ones in another order will do.
    const other = isReal
      ? first.map((value: number) => 3 * row * value + largest * (1 + 2 * random.uniform()))
      : random.shuffle(Float64Array.from(first));
    rows.set(other, row * size);
  }
  return { dims: [ROWS, ...dims.slice(1)], data: rows, isReal };
}

/** What is not a number twice is the same twice. */
function plain(data: Float32Array): Float32Array {
  return data.map((value) => (Number.isFinite(value) ? value : 0));
}
