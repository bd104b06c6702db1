/**
 * Adds up the steps of a log for one query at one layer: per training example (Alg. 1), per step, per class, and the
 * samples of the ridge plots (Alg. 3). Memory is for examples and classes, not for steps.
 *
 * Σ over examples (and the remainder, where they were split exactly) = Σ over classes and mixed batches = Σ over steps. What ranks is the contrast where there is one: γ minus
 * what it comes to for the average reference input, γ̄ = ‖r‖² · mean of γ / ‖r‖² over them (a cosine minus its mean). Without
 * ‖r‖², an input whose activations are small would stand out from nothing: all its γ are below the average.
 */
import {
  addSample,
  createDensityAccumulator,
  densityAt,
  ridgeGrid,
  type Bandwidth,
  type DensityAccumulator,
} from '../../numeric/kernel-density.js';
import type { TraceBatch, TraceClass, TraceExample, TraceLayer, TraceMixed } from '../../results/trace.js';
import { createTop } from '../../numeric/top.js';
import { rankOf, type StepScore } from './step-score.js';
import { addStep, contrastOf, createStepSums, type StepSums } from './step-sums.js';
import { createCourse } from './time/course.js';
import type { Similarity, StepUse } from './step-use.js';

/** What is summed up over the steps: by example, by class, and for the plots. */
export interface AggregateOptions {
  /** Class of every training example. */
  readonly labels: Int32Array;
  /** What the loss of every training example was multiplied by; 1 by default. */
  readonly weights?: Float32Array | undefined;
  /** Number of classes. */
  readonly classes: number;
  /** Last of the steps that are added. */
  readonly lastStep: number;
  /** Classes that get a ridge plot and a course. */
  readonly plotted: readonly number[];
  /** ‖r‖² of the query. */
  readonly square: number;
  /** What ranks examples and steps. */
  readonly similarity: Similarity;
  readonly topK: number;
  readonly bandwidth: Bandwidth;
  /** Whether to keep the series of all steps: memory then grows with their number. */
  readonly series: boolean;
}

/** What an aggregate comes to. */
export type Aggregated = Pick<
  TraceLayer,
  'examples' | 'opponents' | 'batches' | 'classes' | 'mixed' | 'remainder' | 'course' | 'steps'
>;

/** What an aggregate is finished with. */
export interface AggregateEnd {
  /** For each example, how many steps used it. */
  readonly timesUsed: Uint32Array;
  /** Sums of the mean over the reference inputs (`references.ts`); without them nothing is contrasted. */
  readonly mean: Pick<StepSums, 'ranks' | 'classes' | 'mixed'> | undefined;
  /** Γ of every example where it was split exactly: examples and classes are then made from these. */
  readonly gammas?: Float64Array | undefined;
}

/** The steps so far. */
export interface Aggregate {
  /** @param meanRank what ranks, averaged over the reference inputs; undefined without a contrast */
  add(use: StepUse, score: StepScore, meanRank: number | undefined): void;
  finish(end: AggregateEnd): Aggregated;
}

/** Makes an empty aggregate. */
export function createAggregate(options: AggregateOptions): Aggregate {
  const { labels, classes, similarity, topK, square } = options;
  // The mean is one of shares where γ ranks, and of cosines where they do.
  const rankScale = similarity === 'dot' ? square : 1;
  const sums = createStepSums(labels.length, classes, similarity);
  const classWeight = new Float64Array(classes);
  const densities = new Map(options.plotted.map((name) => [name, createDensityAccumulator()]));
  const mixed = { count: 0, weight: 0, density: createDensityAccumulator() };
  const batches = createTop<TraceBatch>(topK);
  const course = createCourse(options.lastStep, options.plotted);
  const series = options.series ? emptySeries() : undefined;
  let furthest = 0;

  function add(use: StepUse, score: StepScore, meanRank: number | undefined): void {
    const { gamma, cosine, norm } = score;
    const { step, batchClass: label } = use;
    const rank = rankOf(similarity, score);
    addStep(sums, use, gamma, rank);
    course.note(step, sums);
    if (label === null) {
      mixed.count++;
      mixed.weight += norm;
    } else classWeight[label]! += norm;
    const samples = label === null ? mixed.density : densities.get(label);
    if (samples) {
      addSample(samples, cosine, norm);
      if (norm > 0) furthest = Math.max(furthest, Math.abs(cosine));
    }
    const contrast = meanRank === undefined ? undefined : rank - rankScale * meanRank;
    const ranked = contrast ?? rank;
    if (ranked > 0) batches.offer(ranked, { step, label, gamma, cosine, contrast });
    if (!series) return;
    series.gamma.push(gamma);
    series.cosine.push(cosine);
    series.norm.push(norm);
    series.class.push(label);
  }

  function exampleLists({ timesUsed, mean, gammas = sums.gammas }: AggregateEnd) {
    const values = gammas === sums.gammas ? sums.ranks : gammas;
    const ranked = mean ? contrastOf(values, mean.ranks, rankScale) : values;
    const list = (sign: 1 | -1): TraceExample[] =>
      topOf(ranked, sign, topK).map((index) => ({
        index,
        label: labels[index]!,
        gamma: gammas[index]!,
        steps: timesUsed[index]!,
        cosine: similarity === 'dot' ? undefined : values[index]!,
        contrast: mean && ranked[index]!,
      }));
    return { examples: list(1), opponents: list(-1) };
  }

  function classParts({ mean, gammas }: AggregateEnd): Pick<TraceLayer, 'classes' | 'mixed'> {
    const x = ridgeGrid(furthest);
    const ridge = (samples: DensityAccumulator | undefined) =>
      samples && samples.count > 0 ? ridgeOf(samples, x, options.bandwidth) : undefined;
    const own = gammas ? byClass(gammas, labels, classes) : sums.classes;
    const parts = Array.from(own, (gamma, label): TraceClass => ({
      class: label,
      gamma,
      contrast: mean && gamma - square * mean.classes[label]!,
      weight: classWeight[label]!,
      ridge: ridge(densities.get(label)),
    }));
    if (mixed.count === 0) return { classes: parts };
    const rest: TraceMixed = {
      steps: mixed.count,
      // An exact split gives to every class what is its own.
      gamma: gammas ? 0 : sums.mixed,
      contrast: mean && (gammas ? 0 : sums.mixed - square * mean.mixed),
      weight: mixed.weight,
      ridge: ridge(mixed.density),
    };
    return { classes: parts, mixed: rest };
  }

  /** What the steps did that is no example's. */
  function remainderOf({ gammas }: AggregateEnd): number | undefined {
    return gammas && total(sums.classes) + sums.mixed - total(gammas);
  }

  return {
    add,
    finish: (end) => ({
      ...exampleLists(end),
      batches: [...batches.items],
      ...classParts(end),
      remainder: remainderOf(end),
      course: course.finish(),
      steps: series,
    }),
  };
}

/** Indices of the largest values above 0, largest first. @param sign −1 for the smallest below 0 */
export function topOf(values: Float64Array, sign: 1 | -1, count: number): number[] {
  const best = createTop<number>(count);
  for (let index = 0; index < values.length; index++) {
    if (sign * values[index]! > 0) best.offer(sign * values[index]!, index);
  }
  return [...best.items];
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Sums of the examples of each class. */
export function byClass(values: Float64Array, labels: Int32Array, classes: number): Float64Array {
  const sums = new Float64Array(classes);
  for (let index = 0; index < values.length; index++) sums[labels[index]!]! += values[index]!;
  return sums;
}

function emptySeries() {
  return { gamma: [] as number[], cosine: [] as number[], norm: [] as number[], class: [] as (number | null)[] };
}

/** A density as the result holds it; six digits are more than any plot shows, and a third of the file. */
function ridgeOf(samples: DensityAccumulator, x: readonly number[], bandwidth: Bandwidth): TraceClass['ridge'] {
  // A kernel narrower than the grid would lose peaks between its points.
  const spacing = x[1]! - x[0]!;
  const density = densityAt(samples, x, { ...bandwidth, least: spacing });
  const short = (value: number) => Number(value.toPrecision(6));
  return { x: x.map(short), density: Array.from(density.density, short), bandwidth: density.bandwidth };
}
