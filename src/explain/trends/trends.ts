/** How explanations change while a network learns ([Terzieva et al. n.d.]): measures of maps at step after step of a run. */
import type { Split } from '../../data/dataset.js';
import type { Progress } from '../../progress.js';
import type { Weights, WeightsAt } from '../../replay/weights.js';
import type { TrendsPerformance, TrendsStrip, TrendsSummary } from '../../results/trends.js';
import type { FloatArray } from '../../tensor.js';
import type { Evaluator } from '../../train/evaluation.js';
import type { Explained, Explainer } from './explainer.js';
import type { FinalMap } from './measures.js';
import { createSeries, finalMaps, meansOf, type Means, type SeriesBuilder } from './series.js';

/** A run that is measured. */
export interface TrendsSubject {
  readonly explainer: Explainer;
  /** The split of each image that it explains. */
  readonly splits: readonly Split[];
  /** Loss and accuracy under given weights. */
  readonly performance: Readonly<Record<Split, { readonly examples: number; readonly evaluator: Evaluator }>>;
  /** Ascending, from 0 to the last step. */
  readonly steps: readonly number[];
  /** The weights after steps, in order. */
  readonly walk: (steps: readonly number[]) => AsyncIterable<WeightsAt>;
  readonly initial: Weights;
  /** Steps whose weights were kept, and those weights. */
  readonly checkpoints: { readonly steps: readonly number[]; readonly at: (step: number) => Promise<Weights> };
  /** Images (places among those explained) whose maps are kept, and at which steps. */
  readonly shown: { readonly images: readonly number[]; readonly steps: readonly number[] };
  readonly onProgress?: Progress | undefined;
}

/** A measured series, not yet compared with losses. */
export interface MeasuredSeries {
  readonly method: string;
  readonly layer?: string | undefined;
  readonly split: Split;
  readonly measures: Readonly<Record<string, TrendsSummary>>;
}

/** What was measured. */
export interface Trends {
  readonly series: readonly MeasuredSeries[];
  readonly performance: Readonly<Record<Split, TrendsPerformance>>;
  readonly strips: readonly TrendsStrip[];
  /** The arrays that the strips name. */
  readonly arrays: ReadonlyMap<string, FloatArray>;
  /** See `weights.error` of the result. */
  readonly error: number;
}

/** The splits, in the order of the result. */
export const SPLITS: readonly Split[] = ['train', 'test'];

/** Maps after the last step by method and split: what the similarities compare with. */
export type Finals = readonly (readonly FinalMap[])[];

/** The final maps, by method and split. */
export async function explainFinal(
  { explainer, splits }: Pick<TrendsSubject, 'explainer' | 'splits'>,
  final: Weights,
): Promise<Finals> {
  const explained = await explainer.explain(final, 'the last step');
  return groupsOf(explained, splits).map(({ maps }) => finalMaps(maps));
}

/** Means of all measures by method and split, in one order. */
export async function meansUnder(
  { explainer, splits }: Pick<TrendsSubject, 'explainer' | 'splits'>,
  finals: Finals,
  weights: Weights,
  place: string,
): Promise<Means[]> {
  return groupsOf(await explainer.explain(weights, place), splits).map(({ maps }, g) => meansOf(maps, finals[g]!));
}

/**
 * Measures a run. Memory depends on images, methods and shown steps, not on the run's steps.
 * @throws InputError where a map is not finite, or the log is damaged
 */
export async function measureTrends(subject: TrendsSubject, finals: Finals): Promise<Trends> {
  const { explainer, splits, steps, shown, checkpoints, initial, onProgress } = subject;
  const measured = new Set(steps);
  const kept = new Set(checkpoints.steps);
  const frames = new Set(shown.steps);
  const all = [...new Set([...steps, ...checkpoints.steps])].sort((a, b) => a - b);
  const performance = Object.fromEntries(
    SPLITS.map((split) => [split, { loss: [] as number[], accuracy: [] as number[] }]),
  ) as Record<Split, { loss: number[]; accuracy: number[] }>;
  let series: { readonly head: Omit<MeasuredSeries, 'measures'>; readonly builder: SeriesBuilder }[] | undefined;
  const strips: StripBuilder[] = [];
  let error = 0;
  for await (const { step, weights } of subject.walk(all)) {
    if (kept.has(step)) error = Math.max(error, relativeError(weights, await checkpoints.at(step), initial));
    if (!measured.has(step)) continue;
    onProgress?.('measuring', steps.indexOf(step), steps.length);
    const explained = await explainer.explain(weights, `step ${step}`);
    const groups = groupsOf(explained, splits);
    series ??= groups.map(({ method, layer, split }, g) => ({
      head: { method, layer, split },
      builder: createSeries(finals[g]!),
    }));
    groups.forEach(({ maps }, g) => series![g]!.builder.add(maps));
    if (frames.has(step)) addFrames(strips, explained, shown.images, step);
    for (const split of SPLITS) {
      const { loss, accuracy } = await subject.performance[split].evaluator.evaluate(weights);
      performance[split].loss.push(loss);
      performance[split].accuracy.push(accuracy);
    }
  }
  const finished = strips.map(finishedStrip);
  return {
    series: (series ?? []).map(({ head, builder }) => ({ ...head, measures: builder.measures })),
    performance: {
      train: { examples: subject.performance.train.examples, ...performance.train },
      test: { examples: subject.performance.test.examples, ...performance.test },
    },
    strips: finished.map(({ strip }) => strip),
    arrays: new Map(finished.map(({ strip, array }) => [strip.file, array])),
    error,
  };
}

interface Group {
  readonly method: string;
  readonly layer?: string | undefined;
  readonly split: Split;
  readonly maps: readonly Float32Array[];
}

/** Maps by method, and in each by split, as far as there are images of it. */
function groupsOf({ methods }: Explained, splits: readonly Split[]): Group[] {
  return methods.flatMap(({ method, layer, maps }) =>
    SPLITS.filter((split) => splits.includes(split)).map((split) => ({
      method,
      layer,
      split,
      maps: maps.filter((_, i) => splits[i] === split),
    })),
  );
}

interface StripBuilder {
  readonly method: string;
  readonly image: number;
  readonly shape: readonly number[];
  readonly steps: number[];
  readonly targets: number[];
  readonly maps: Float32Array[];
}

function addFrames(strips: StripBuilder[], { methods, targets }: Explained, images: readonly number[], step: number) {
  for (const { method, shape, maps } of methods) {
    for (const image of images) {
      let strip = strips.find((known) => known.method === method && known.image === image);
      if (!strip) strips.push((strip = { method, image, shape, steps: [], targets: [], maps: [] }));
      strip.steps.push(step);
      strip.targets.push(targets[image]!);
      strip.maps.push(maps[image]!.slice());
    }
  }
}

function finishedStrip({ method, image, shape, steps, targets, maps }: StripBuilder): {
  strip: TrendsStrip;
  array: FloatArray;
} {
  const size = maps[0]!.length;
  const data = new Float32Array(maps.length * size);
  maps.forEach((map, i) => data.set(map, i * size));
  const file = `maps/${method}-${image}.npy`;
  return {
    strip: { method, image, steps, targets, shape: [...shape], file },
    array: { shape: [maps.length, ...shape], data },
  };
}

/** Largest difference of a tensor's elements from what was kept, as a share of the largest change of the tensor since the start. */
function relativeError(rebuilt: Weights, kept: Weights, initial: Weights): number {
  let worst = 0;
  for (const [name, { data }] of Object.entries(kept)) {
    let [off, moved] = [0, 0];
    const [mine, start] = [rebuilt[name]!.data as Float32Array, initial[name]!.data as Float32Array];
    (data as Float32Array).forEach((value, i) => {
      off = Math.max(off, Math.abs(mine[i]! - value));
      moved = Math.max(moved, Math.abs(value - start[i]!));
    });
    if (off > 0) worst = Math.max(worst, off / Math.max(moved, off));
  }
  return worst;
}
