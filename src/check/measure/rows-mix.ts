/** Whether the rows of a batch influence one another: batch statistics, a range or scale taken over the whole batch. */
import { seededRandom } from '../../numeric/random.js';
import type { Session } from '../../runtime/runtime.js';
import { elementCount } from '../../tensor.js';
import { CouldNotRun } from '../unavailable.js';
import type { ProbeFeed } from './feeds.js';
import { fixedRows, runRows } from './run-rows.js';
import { largest, relativeError, rowAt } from './statistics.js';

/** Another number of rows makes for another order of sums, 1e-6 or so. */
const TOLERANCE = 1e-4;

/** Rows in a batch of unlike ones: the probe begins and ends it, since a row may see only what is before it, or behind it. */
const ROWS = 4;
const PLACES = [0, ROWS - 1];

/**
 * Runs the first probe alone and among unlike rows.
 * @returns true where its outputs differ, or where it can be run alone only. A model of a fixed batch leaves no choice: false
 */
export async function rowsMix(
  session: Session,
  feeds: readonly ProbeFeed[],
  fetches: readonly string[],
): Promise<boolean> {
  if (fixedRows(session) !== undefined) return false;
  const alone = await orNone(() => runRows(session, feeds, fetches, { count: 1, rows: 1 }));
  if (!alone) return false;
  const among = await orNone(() => runRows(session, feeds.map(amongUnlike), fetches, { count: ROWS, rows: ROWS }));
  if (!among) return true;
  return fetches.some((name) => {
    const expected = plain(alone[name]!.data);
    return PLACES.some((place) => relativeError(plain(rowAt(among[name]!, place)), expected) > TOLERANCE);
  });
}

async function orNone<T>(run: () => Promise<T>): Promise<T | undefined> {
  return run().catch((error: unknown) => {
    if (error instanceof CouldNotRun) return undefined;
    throw error;
  });
}

/** The first row, rows of another range, mean and order, and the first row again. */
function amongUnlike({ dims, data, isReal }: ProbeFeed, place: number): ProbeFeed {
  const size = elementCount(dims.slice(1));
  const first = Float64Array.from(data.subarray(0, size));
  const spread = largest(first) || 1;
  const rows = new Float64Array(ROWS * size);
  for (const row of PLACES) rows.set(first, row * size);
  for (let row = 1; row < ROWS - 1; row++) {
    const random = seededRandom(row, place);
    // Whole numbers may be places in a table: the same ones in another order will do.
    const other = isReal
      ? first.map((value) => 3 * row * value + spread * (1 + 2 * random.uniform()))
      : random.shuffle([...first]);
    rows.set(other, row * size);
  }
  return { dims: [ROWS, ...dims.slice(1)], data: rows, isReal };
}

/** What is not a number twice is the same twice. */
function plain(data: Float32Array): Float32Array {
  return data.map((value) => (Number.isFinite(value) ? value : 0));
}
