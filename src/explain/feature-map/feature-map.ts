/** Training examples and inputs as points of a plane, by what the last layer sees of them (Node only). */
import { takingPart } from '../../data/corrections/taking-part.js';
import type { Dataset } from '../../data/dataset.js';
import { startWorker } from '../../log/worker-call.js';
import { seededRandom } from '../../numeric/random.js';
import { shortNumber } from '../../numeric/short-number.js';
import type { FeatureMap } from '../../results/feature-map.js';
import { rowOf, type FeatureMatrix } from '../representer/features/features.js';
import type { LayoutRequest } from './layout-thread.js';

/** Where features come from. */
export interface FeatureSource {
  /** The layer that sees them. */
  readonly layer: string;
  /** Examples that features are to be had of in a second or so. */
  readonly affordable: number;
  /** @param indices in the training split */
  ofExamples(indices: Int32Array): Promise<FeatureMatrix>;
  /** Of the explained inputs, in their order. */
  ofQueries(): Promise<FeatureMatrix>;
}

/** What is shown. */
export interface MapRequest {
  readonly data: Pick<Dataset, 'labels' | 'dropped'>;
  /** Examples that the result lists, which the map has before others; any of them more than once. */
  readonly listed: Iterable<number>;
  readonly seed: number;
}

/**
 * Points of a map, and their numbers in all. UMAP rather than principal components, as two of these leave ten classes on top of each
 * other; it takes 1.5 to 2 s for so many points of 84 dimensions, and as long for 2,048 dimensions of each.
 */
const MOST_POINTS = 1500;
const MOST_NUMBERS = 2 ** 22;

/** Fewer points are no map. */
const FEWEST_POINTS = 16;

/** The purpose of streams of random numbers. */
const PURPOSE = { examples: 0x3a9, layout: 0x3aa } as const;

/**
 * Makes a map, always the same one of the same features.
 * @returns undefined where there are too few examples, or too many inputs beside them
 */
export async function featureMap(source: FeatureSource, request: MapRequest): Promise<FeatureMap | undefined> {
  const queries = await source.ofQueries();
  const room = Math.min(MOST_POINTS, Math.floor(MOST_NUMBERS / Math.max(1, queries.columns)), source.affordable);
  const indices = chosenFor(request, room - queries.rows);
  if (indices.length < FEWEST_POINTS) return undefined;
  const examples = await source.ofExamples(indices);
  const found = await embedded([...rowsOf(examples), ...rowsOf(queries)], request.seed);
  const points = found.map((point) => point.map(shortNumber));
  // Features that are all the same have no place.
  if (!points.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y))) return undefined;
  const axis = (of: readonly (readonly number[])[], k: 0 | 1) => of.map((point) => point[k]!);
  const [shown, asked] = [points.slice(0, indices.length), points.slice(indices.length)];
  return {
    method: 'umap',
    layer: source.layer,
    train: {
      indices: [...indices],
      labels: Array.from(indices, (index) => request.data.labels[index]!),
      x: axis(shown, 0),
      y: axis(shown, 1),
    },
    queries: { x: axis(asked, 0), y: axis(asked, 1) },
  };
}

/** Listed examples, then others as the seed has it; ascending. */
function chosenFor({ data: { labels, dropped }, listed, seed }: MapRequest, room: number): Int32Array {
  const others = takingPart({ length: labels.length, dropped });
  seededRandom(seed, PURPOSE.examples).shuffle(others);
  return Int32Array.from([...new Set([...listed, ...others])].slice(0, Math.max(0, room))).sort();
}

async function embedded(points: number[][], seed: number): Promise<number[][]> {
  const thread = startWorker<LayoutRequest, number[][]>(new URL('./layout-thread.js', import.meta.url));
  try {
    return await thread.call({ points, seed, purpose: PURPOSE.layout });
  } finally {
    await thread.stop();
  }
}

function rowsOf({ rows, columns, data }: FeatureMatrix): number[][] {
  return Array.from({ length: rows }, (_, row) => Array.from(rowOf(data, columns, row)));
}
