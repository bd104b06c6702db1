/** Effects in the words of a result. */
import type { Dataset } from '../../data/dataset.js';
import { withOrigins } from '../../data/example-origin.js';
import { correlationInterval, varies } from '../../numeric/bootstrap.js';
import { pearson } from '../../numeric/statistics.js';
import { createTop } from '../../numeric/top.js';
import type { RunPlan } from '../../replay/plan.js';
import type { InfluenceQuery, InfluenceResult, InfluenceVerification } from '../../results/influence.js';
import type { EffectMatrix } from './subject.js';

/** What effects are described with. */
export interface EffectsOf {
  readonly train: Pick<Dataset, 'labels' | 'origin'>;
  /** The plan of the run that was replayed, and how many steps of it. */
  readonly plan?: RunPlan | undefined;
  readonly steps?: number | undefined;
  readonly topK: number;
}

/** Effects of all training examples on a query. */
export function effectsOn({ values, examples }: EffectMatrix, query: number): Float64Array {
  return values.subarray(query * examples, (query + 1) * examples);
}

/** The examples with the largest effects above 0, largest first. */
export function strongestSupporters(effects: Float64Array, count: number): readonly number[] {
  const top = createTop<number>(Math.max(1, count));
  effects.forEach((effect, i) => effect > 0 && top.offer(effect, i));
  return top.items.slice(0, count);
}

/** The strongest examples on either side, and sums. */
export function describeEffects(
  matrix: EffectMatrix,
  query: number,
  { train, plan, steps = 0, topK }: EffectsOf,
): Pick<InfluenceQuery, 'sum' | 'classes' | 'examples' | 'opponents'> {
  const effects = effectsOn(matrix, query);
  const supporters = strongestSupporters(effects, topK);
  const opponents = strongestSupporters(
    effects.map((effect) => -effect),
    topK,
  );
  const used = plan && stepsOf(plan, steps, [...supporters, ...opponents]);
  const described = (indices: readonly number[]) =>
    withOrigins(
      indices.map((index) => ({
        index,
        label: train.labels[index]!,
        effect: effects[index]!,
        steps: used?.get(index),
      })),
      train,
    );
  const byClass = new Map<number, number>();
  effects.forEach((effect, i) => byClass.set(train.labels[i]!, (byClass.get(train.labels[i]!) ?? 0) + effect));
  return {
    sum: effects.reduce((sum, effect) => sum + effect, 0),
    classes: [...byClass].sort(([a], [b]) => a - b).map(([label, effect]) => ({ class: label, effect })),
    examples: described(supporters),
    opponents: described(opponents),
  };
}

/** The steps that had each of some examples in their batch. */
function stepsOf(plan: RunPlan, steps: number, examples: readonly number[]): Map<number, number[]> {
  const found = new Map(examples.map((example) => [example, [] as number[]]));
  for (let step = 1; step <= steps; step++) {
    for (const example of plan.step(step).examples) found.get(example)?.push(step);
  }
  return found;
}

/** With fewer queries nothing is said of a correlation. */
const FEWEST_QUERIES = 3;

/**
 * How well what was predicted went together with what happened.
 * @param seed of the bootstrap
 */
export function verifiedOver(
  all: readonly (InfluenceVerification | undefined)[],
  seed: number,
): InfluenceResult['verified'] {
  const verifications = all.flatMap((verification) => verification ?? []);
  if (verifications.length === 0) return undefined;
  const queries = verifications.length;
  const lowered = verifications.filter(({ actual }) => actual > 0).length;
  const predicted = verifications.flatMap((verification) => verification.predicted ?? []);
  const actual = verifications.map((verification) => verification.actual);
  if (predicted.length < queries || queries < FEWEST_QUERIES || !varies(predicted) || !varies(actual)) {
    return { queries, lowered };
  }
  const interval = correlationInterval(predicted, actual, seed);
  return { queries, lowered, pearson: pearson(predicted, actual), interval };
}
