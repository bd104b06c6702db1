/** Takes the class scores apart at the layer that computes them. */
import type { DescribedInput } from '../../classifier/describe.js';
import type { LogitParts, LogitTraining } from '../../results/trace.js';
import type { LayerView } from './layer-weights.js';
import type { StepUse } from './step-use.js';

/** What the last layer makes of the queries, and what the logged steps did. */
export interface LastLayer {
  readonly views: readonly LayerView[];
  /** Σ Δ f for each query. */
  readonly steps: readonly Float64Array[];
  /** The same by classes. */
  readonly byClass: ClassSums;
  /** The bias before and after training, where it is trained; */
  readonly biases?: { readonly initial: Float32Array; readonly trained: Float32Array } | undefined;
  /** and where it is not. */
  readonly fixedBias?: Float32Array | undefined;
}

/**
 * The parts of each class's logit, for each query: W⁽⁰⁾ f, the final bias, and Σ Δ f over the weight's updates. A single
 * score is the logit of class 1.
 */
export function logitParts({ views, steps, byClass, biases, fixedBias }: LastLayer): LogitParts[][] {
  return views.map(({ trained, initial }, query) =>
    Array.from(trained, (score, unit): LogitParts => {
      const fixed = fixedBias?.[unit] ?? 0;
      const bias = biases ? biases.trained[unit]! : fixed;
      const biasBefore = biases ? biases.initial[unit]! : 0;
      // The steps moved the bias too; that part is in the bias already.
      const biasSteps = biases ? bias - biasBefore : 0;
      const moved = steps[query]![unit]!;
      const name = trained.length === 1 ? 1 : unit;
      return {
        class: name,
        logit: score + fixed,
        initial: initial[unit]! - biasBefore,
        bias,
        training: moved - biasSteps,
        byClass: byClass.of(query, { class: name, unit }, { initialBias: biases ? biasBefore : fixed, moved }),
      };
    }),
  );
}

/** Σ Δ f of each query, by the class of examples or of the step's batch. Memory is for the classes that are told apart, not for steps. */
export interface ClassSums {
  /**
   * Adds a step.
   * @param outputs Δ f of steps, for each block of queries [steps, units, queries of the block]
   * @param step place of the step among them
   */
  add(use: Pick<StepUse, 'batchClass'>, outputs: readonly Float32Array[], step: number): void;
  /**
   * What training did to a class's logit, which a unit computes; undefined for classes that are not told apart.
   * @param whole the bias before training, and Σ Δ f of all steps
   */
  of(
    query: number,
    logit: { readonly class: number; readonly unit: number },
    whole: { readonly initialBias: number; readonly moved: number },
  ): LogitTraining | undefined;
}

/** So many classes are all told apart. Of more, those that may be the decision: a result would be full of the others. */
const ALL_CLASSES = 20;

/** Outputs of all inputs that are split by examples: each is one more direction to go back along. */
const SPLIT_OUTPUTS = 200;

/**
 * Outputs of each input that are worth a split by examples, most wanted first: the score of the predicted class, that of the
 * true one, those of the next classes, and all where inputs are few; at least two.
 */
export function unitsToTellApart(inputs: readonly DescribedInput[], outputs: number): number[][] {
  if (outputs === 1) return inputs.map(() => [0]);
  const each = Math.min(ALL_CLASSES, Math.max(2, Math.floor(SPLIT_OUTPUTS / inputs.length)));
  const all = Array.from({ length: outputs }, (_, unit) => unit);
  return inputs.map(({ predicted, truth, topClasses }) => {
    const likely = [predicted, ...(truth ? [truth] : []), ...topClasses].map((entry) => entry.class);
    return [...new Set([...likely, ...all])].filter((unit) => unit < outputs).slice(0, each);
  });
}

/** What sums by class are made of. */
export interface ClassSumsOptions {
  /** Number of the layer's outputs. */
  readonly units: number;
  readonly classes: number;
  /** For each query the classes that may be its decision. */
  readonly likely: readonly (readonly number[])[];
  /** Number of queries in each block. */
  readonly blocks: readonly number[];
  /** For each query, by unit, the sums of all classes where examples were told apart; units without are not told. */
  readonly exact?: readonly ReadonlyMap<number, Float64Array>[] | undefined;
}

/** Sums of no step. */
export function createClassSums({ units, classes, likely, blocks, exact }: ClassSumsOptions): ClassSums {
  const all = Array.from({ length: classes }, (_, index) => index);
  const told = likely.map((own) => (classes <= ALL_CLASSES ? all : own));
  /** For each query, Σ Δ f of classes and, by null, of batches of several classes. */
  const sums = told.map(
    (own): ReadonlyMap<number | null, Float64Array> =>
      new Map([null, ...own].map((name) => [name, new Float64Array(units)])),
  );
  let hasMixed = false;
  return {
    add: ({ batchClass }, outputs, step) => {
      hasMixed ||= batchClass === null;
      let first = 0;
      blocks.forEach((count, block) => {
        const from = outputs[block]!;
        for (let i = 0; i < count; i++) {
          const sum = sums[first + i]!.get(batchClass);
          if (!sum) continue;
          for (let unit = 0, at = step * units * count + i; unit < units; unit++, at += count) sum[unit]! += from[at]!;
        }
        first += count;
      });
    },
    of: (query, { class: name, unit }, { initialBias, moved }) => {
      const examples = exact?.[query]?.get(unit);
      if (!told[query]!.includes(name) || (exact && !examples)) return undefined;
      const own = told[query]!.map((index) => ({
        class: index,
        value: examples ? examples[index]! : sums[query]!.get(index)![unit]!,
      }));
      const mixed = hasMixed && !examples ? sums[query]!.get(null)![unit]! : undefined;
      const rest = own.reduce((left, { value }) => left - value, moved - (mixed ?? 0));
      return { classesOf: examples ? 'examples' : 'batches', initialBias, classes: own, mixed, rest };
    },
  };
}
