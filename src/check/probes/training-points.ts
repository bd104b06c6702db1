/** The training examples that decisions are explained by (Node only: data sets are files). */
import type { ExampleArray } from '../../data/dataset.js';
import type { ExampleForm } from '../../data/example-shape.js';
import { openDataset } from '../../data/open-dataset.js';
import { readingOf } from '../../data/preprocessing.js';
import { sha256 } from '../../files.js';
import { seededRandom } from '../../numeric/random.js';
import type { ProbeSource } from './probes.js';
import type { Rows } from '../measure/statistics.js';
import { CouldNotRun } from '../unavailable.js';

/** Some training examples. */
export interface TrainingPoints extends ExampleForm {
  /** In the training split, ascending. */
  readonly indices: readonly number[];
  /** As stored, `[indices.length, …shape]` */
  readonly data: ExampleArray;
  /** Of shape, elements and indices. */
  readonly sha256: string;
}

/** What training examples have to say about the decisions on probes. */
export interface PointValues extends Pick<TrainingPoints, 'indices' | 'sha256'> {
  /** Representer values, [probes, points]: positive supports the class that was decided for. */
  readonly values: Rows;
}

/** How many there are by default. Each costs a forward pass, as a probe does. */
export const POINT_COUNT = 32;

/** Probes take the first stream of random numbers of a seed. */
const PURPOSE = 1;

/**
 * Training examples of the data set that the probes come from.
 * @param which so many of them chosen by a seed, or those of a baseline
 * @param spec where the data set is
 * @throws CouldNotRun where there is none; InputError when it cannot be read
 */
export async function trainingPoints(
  source: ProbeSource,
  which: { readonly count: number; readonly seed: number } | readonly number[],
): Promise<TrainingPoints> {
  if (source.kind !== 'data') throw new CouldNotRun('the probes do not come from a data set with a training split');
  if ('count' in which && which.count === 0) throw new CouldNotRun('no training points were asked for');
  const { spec, mean, std } = source;
  const set = await openDataset(spec, { ...readingOf(source), mean, std, split: 'train', onDemand: true });
  const indices = 'count' in which ? chosen(set.length, which.count, which.seed) : which;
  const outside = indices.find((index) => index >= set.length);
  if (outside !== undefined) throw new CouldNotRun(`the training split has no example ${outside} any more`);
  const data = await set.examples(indices);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const hash = sha256(new TextEncoder().encode(JSON.stringify([set.shape, indices, sha256(bytes)])));
  const { shape, kind, channelsLast } = set;
  return { indices, shape, kind, channelsLast, data, sha256: hash };
}

function chosen(length: number, count: number, seed: number): number[] {
  const order = seededRandom(seed, PURPOSE).shuffle(Int32Array.from({ length }, (_, i) => i));
  return [...order.subarray(0, count)].sort((a, b) => a - b);
}
