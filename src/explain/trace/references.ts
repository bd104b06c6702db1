/**
 * Reference inputs: what a step does to the average input, which a contrast takes away. The average is one of shares,
 * γ / ‖r‖²: for each reference its share of a step, so that inputs with large activations count no more than others. A γ is
 * linear in the input's own matrix G = Σ_p r_p f_pᵀ, so each takes one more product with the updates, and nothing else
 * that a query takes.
 */
import type { TraceLayer } from '../../results/trace.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor } from '../../tensor.js';
import { topOf } from './aggregate.js';
import type { LayerMatrix } from './layer-matrix.js';
import { comparedExamples, isEvidence, listOverlap } from './list-overlap.js';
import type { MeasuredQueries } from './measure/measured-steps.js';
import type { StepProjections } from './projector.js';
import type { LayerWeights } from './layer-weights.js';
import { queryFactors, type Reference } from './query-factors.js';
import { rankOf, scoreOf } from './step-score.js';
import { addStep, contrastOf, createStepSums, deal, type StepSums } from './step-sums.js';
import type { Similarity, StepUse } from './step-use.js';
import { gammaStrategyFor, strategyFor } from './strategies/registry.js';

/** Reference inputs at a layer. */
export interface LayerReferences {
  /** The layer's input f for each, with a batch of one. */
  readonly inputs: readonly Tensor[];
  /** What each is decided as. */
  readonly classes: readonly number[];
}

/** What steps do to reference inputs, added up. */
export interface ReferenceSums {
  /** What steps are projected for. */
  readonly queries: MeasuredQueries;
  /** Adds one of several steps that were projected. @returns its share (or its cosine, where that ranks), averaged */
  add(use: StepUse, projections: StepProjections, step: number): number;
  /** Sums of the mean over the references: shares, and where cosines rank, ranks of cosines. */
  readonly mean: StepSums;
  /** How much the references' lists of examples have in common; undefined when their lists were not kept. */
  overlap(contrast: boolean): Pick<TraceLayer, 'listOverlap' | 'evidence'>;
}

/** What references are added up by. */
export interface ReferenceOptions {
  readonly labels: Int32Array;
  readonly classes: number;
  readonly similarity: Similarity;
  readonly reference: Reference;
  readonly chunkSteps: number;
  /** Steps that are gone through, */
  readonly steps: number;
  /** and whether they come as outer products. */
  readonly factored: boolean;
  /** Whether to keep the list of each reference. */
  readonly keepLists: boolean;
}

/** What the references' lists may take: fewer are kept of a large data set. */
const LIST_BYTES = 2 ** 27;
const FEWEST_LISTS = 8;

/** Makes sums of no step. */
export async function openReferences(
  runtime: Runtime,
  matrix: LayerMatrix,
  weights: LayerWeights,
  { inputs, classes: decided }: LayerReferences,
  { labels, classes, similarity, reference, chunkSteps, steps, factored, keepLists }: ReferenceOptions,
): Promise<ReferenceSums> {
  // A cosine needs ‖Δ f‖ too.
  const strategy =
    similarity === 'dot'
      ? gammaStrategyFor(matrix, { queries: inputs.length, factored })
      : strategyFor(matrix, () => ({ queries: inputs.length, steps, factored }));
  const factors = await queryFactors(runtime, matrix, strategy, weights, reference, inputs);
  const mean = createStepSums(labels.length, classes, similarity);
  const most = Math.max(FEWEST_LISTS, Math.floor(LIST_BYTES / (8 * labels.length)));
  const lists = inputs.slice(0, keepLists ? most : 0).map(() => new Float64Array(labels.length));

  return {
    mean,
    queries: { strategy, chunkSteps, ...factors },
    add: (use, projections, step) => {
      let [gamma, rank] = [0, 0];
      for (let i = 0; i < inputs.length; i++) {
        const { reference } = factors.norms[i]!;
        const score = scoreOf(projections, step * inputs.length + i, reference);
        const share = reference > 0 ? score.gamma / reference ** 2 : 0;
        const own = similarity === 'dot' ? share : rankOf(similarity, score);
        gamma += share;
        rank += own;
        const list = lists[i];
        if (list) deal(list, use, own);
      }
      rank /= inputs.length;
      addStep(mean, use, gamma / inputs.length, rank);
      return rank;
    },
    overlap: (contrast) => {
      return overlapOf(lists, decided, contrast ? mean.ranks : undefined);
    },
  };
}

/**
 * How much lists of examples have in common, and what follows.
 * @param values for each input, the share (or cosine) of each training example
 * @param mean what is taken away from it
 */
export function overlapOf(
  values: readonly Float64Array[],
  classes: readonly number[],
  mean: Float64Array | undefined,
): Pick<TraceLayer, 'listOverlap' | 'evidence'> {
  const examples = values[0]?.length ?? 0;
  const of = comparedExamples(examples);
  const lists = values.map((own) => topOf(mean ? contrastOf(own, mean, 1) : own, 1, of));
  const overlap = listOverlap(lists, classes, of, examples);
  return overlap ? { listOverlap: overlap, evidence: isEvidence(overlap) } : {};
}
