/**
 * Adds up the steps of a log for one query at one layer: per training example (Alg. 1), per step, per class, and the
 * samples of the ridge plots (Alg. 3). Memory is for examples and classes, not for steps.
 *
 * A batch's γ belongs to its examples in equal parts, ghosts get nothing. A class gets what the examples of the class get:
 * all of it when batches are of one class. Σ over examples = Σ over classes = Σ over steps.
 */
import {
  addSample,
  createDensityAccumulator,
  densityAt,
  ridgeGrid,
  type Bandwidth,
  type DensityAccumulator,
} from '../../numeric/kernel-density.js';
import type { TraceBatch, TraceClass, TraceExample, TraceLayer } from '../../results/trace.js';
import type { Similarity, StepUse } from './step-use.js';
import { createTop } from '../../numeric/top.js';

/** What is summed up over the steps: by example, by class, and for the plots. */
export interface AggregateOptions {
  /** Class of every training example. */
  readonly labels: Int32Array;
  /** Number of classes. */
  readonly classes: number;
  /** Classes that get a ridge plot. */
  readonly plotted: readonly number[];
  /** What ranks examples and steps. */
  readonly similarity: Similarity;
  readonly topK: number;
  readonly bandwidth: Bandwidth;
  /** Whether to keep the series of all steps: memory then grows with their number. */
  readonly series: boolean;
}

/** One step as one query sees it. */
export interface StepScore {
  /** ⟨r, Δ f⟩ */
  readonly gamma: number;
  readonly cosine: number;
  /** ‖Δ f‖ */
  readonly norm: number;
}

/** What an aggregate comes to. */
export type Aggregated = Pick<TraceLayer, 'examples' | 'opponents' | 'batches' | 'classes' | 'steps'>;

/** The steps so far. */
export interface Aggregate {
  add(use: StepUse, score: StepScore): void;
  /** @param timesUsed for each example, how many steps used it */
  finish(timesUsed: Uint32Array): Aggregated;
}

/** What a step adds to the rank of its batch and examples. */
const RANK: Readonly<Record<Similarity, (score: StepScore) => number>> = {
  dot: ({ gamma }) => gamma,
  cosine: ({ cosine }) => cosine,
  'positive-cosine': ({ cosine }) => Math.max(cosine, 0),
};

/** Makes an empty aggregate. */
export function createAggregate(options: AggregateOptions): Aggregate {
  const { labels, classes, similarity, topK } = options;
  const rankOf = RANK[similarity];
  const gammas = new Float64Array(labels.length);
  const ranks = similarity === 'dot' ? gammas : new Float64Array(labels.length);
  const classGamma = new Float64Array(classes);
  const classWeight = new Float64Array(classes);
  const densities = new Map(options.plotted.map((name) => [name, createDensityAccumulator()]));
  const batches = createTop<TraceBatch>(topK);
  const series = options.series ? emptySeries() : undefined;
  let furthest = 0;

  function add({ step, examples, shares, batchClass }: StepUse, score: StepScore): void {
    const { gamma, cosine, norm } = score;
    const rank = rankOf(score);
    const gammaPart = gamma / examples.length;
    const rankPart = rank / examples.length;
    for (const index of examples) {
      gammas[index]! += gammaPart;
      if (ranks !== gammas) ranks[index]! += rankPart;
    }
    for (const { label, share } of shares) {
      classGamma[label]! += gamma * share;
      classWeight[label]! += norm * share;
      const samples = densities.get(label);
      if (!samples) continue;
      addSample(samples, cosine, norm * share);
      if (norm > 0) furthest = Math.max(furthest, Math.abs(cosine));
    }
    if (rank > 0) batches.offer(rank, { step, label: batchClass, gamma, cosine });
    if (!series) return;
    series.gamma.push(gamma);
    series.cosine.push(cosine);
    series.norm.push(norm);
    series.class.push(batchClass);
  }

  function rankedExamples(sign: 1 | -1, timesUsed: Uint32Array): TraceExample[] {
    const best = createTop<number>(topK);
    for (let index = 0; index < labels.length; index++) {
      if (sign * ranks[index]! > 0) best.offer(sign * ranks[index]!, index);
    }
    return best.items.map((index) => ({
      index,
      label: labels[index]!,
      gamma: gammas[index]!,
      steps: timesUsed[index]!,
      cosine: similarity === 'dot' ? undefined : ranks[index]!,
    }));
  }

  function classParts(): TraceClass[] {
    const x = ridgeGrid(furthest);
    return Array.from(classGamma, (gamma, label) => {
      const samples = densities.get(label);
      return {
        class: label,
        gamma,
        weight: classWeight[label]!,
        ridge: samples && samples.count > 0 ? ridgeOf(samples, x, options.bandwidth) : undefined,
      };
    });
  }

  return {
    add,
    finish: (timesUsed) => ({
      examples: rankedExamples(1, timesUsed),
      opponents: rankedExamples(-1, timesUsed),
      batches: [...batches.items],
      classes: classParts(),
      steps: series,
    }),
  };
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
