import * as v from 'valibot';
import type { Dataset } from '../../data/dataset.js';
import { averagePrecision, recallAt, rocAuc, suspicionOrder } from '../../explain/audit/metrics.js';
import { seededRandom } from '../../numeric/random.js';
import { midRanks } from '../../numeric/statistics.js';
import { type Figure, normalFigure, percent } from '../figures.js';
import type { FittedEffects } from '../divided-effects.js';
import type { Protocol } from './protocol.js';

/** Labels are flipped and trained on: does the effect on the held-out loss find them? */
export const mislabel: Protocol = {
  name: 'mislabel',
  asks: 'Trained on flipped labels, does the effect of each example on the held-out loss find them?',
  unit: 'share',
  needsEffects: false,
  cost: ({ methods }) =>
    1 + methods.filter(({ noLabels }) => !noLabels).reduce((sum, method) => sum + method.cost(1), 0),
  figures: async (bench) => {
    const { train, methods, options } = bench;
    const { noise, seed } = options;
    const { data, wrong } = flipLabels(train, noise, bench.classifier.classes, seed);
    const positions = seededRandom(seed, FLIPS, 2).shuffle(Int32Array.from(train.labels.keys()));
    const figures: Figure[] = [];
    const judged = methods.filter(({ noLabels }) => !noLabels);
    await bench.variant('flipped labels', { train: data }, async (trained) => {
      const units = bench.division.units({
        name: 'values by method, flipped labels',
        schema: valuesSchema,
        compute: async function* (isOwn) {
          for (const [m, method] of judged.entries()) {
            if (!isOwn(m)) continue;
            const { values, fit } = await bench.effectsBy(await trained(), data, method, 'loss');
            yield { values, fit };
          }
        },
      });
      let m = 0;
      for await (const { values, fit } of units) {
        bench.fitted(fit);
        figures.push(...judge(judged[m++]!.name, values, wrong, positions, noise));
      }
    });
    return figures;
  },
};

const valuesSchema = v.object({
  values: v.instance(Float64Array),
  fit: v.optional(v.looseObject({ method: v.string(), training: v.string() })),
}) as unknown as v.GenericSchema<unknown, Pick<FittedEffects, 'values' | 'fit'>>;

const FLIPS = 96;

/** A data set with so many of its labels flipped to another class. */
export function flipLabels(
  train: Dataset,
  noise: number,
  classes: number,
  seed: number,
): { readonly data: Dataset; readonly wrong: boolean[] } {
  const random = seededRandom(seed, FLIPS);
  const order = random.shuffle(Int32Array.from(train.labels.keys()));
  const wrong = new Array<boolean>(train.length).fill(false);
  const labels = train.labels.slice();
  for (const index of order.subarray(0, Math.max(1, Math.round(noise * train.length)))) {
    wrong[index] = true;
    labels[index] = (labels[index]! + 1 + random.below(classes - 1)) % classes;
  }
  return { data: { ...train, labels }, wrong };
}

function judge(
  method: string,
  scores: Float64Array,
  wrong: readonly boolean[],
  positions: Int32Array,
  noise: number,
): Figure[] {
  const order = suspicionOrder(scores, positions);
  const count = wrong.length;
  const flips = wrong.filter((is) => is).length;
  const named = (figure: string) => ({ protocol: 'mislabel', figure: `${figure}, ${percent(noise)} flipped`, method });
  const shareOf = (inspected: number) => {
    const found = recallAt(order, wrong, Math.round(inspected * count));
    const error = Math.sqrt((found * (1 - found)) / flips);
    return normalFigure(named(`found in the first ${percent(inspected)}`), found, error, inspected, count);
  };
  return [
    normalFigure(named('ROC-AUC'), rocAuc(scores, wrong), rocError(scores, wrong), 0.5, count),
    {
      ...named('average precision'),
      value: averagePrecision(order, wrong),
      chance: flips / count,
      count,
    },
    shareOf(0.1),
    shareOf(0.2),
  ];
}

/** Standard error of the area under the ROC curve, from the spread of each example's placement ([DeLong et al. 1988]). */
export function rocError(scores: ArrayLike<number>, wrong: ArrayLike<boolean>): number {
  const all = midRanks(scores);
  const of = (which: boolean) => Array.from(scores, (_, i) => i).filter((i) => wrong[i] === which);
  const [positive, negative] = [of(true), of(false)];
  const placed = (own: readonly number[], others: number) => {
    const ranks = midRanks(own.map((i) => scores[i]!));
    return variance(own.map((i, k) => (all[i]! - ranks[k]!) / others));
  };
  return Math.sqrt(
    placed(positive, negative.length) / positive.length + placed(negative, positive.length) / negative.length,
  );
}

function variance(values: readonly number[]): number {
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1);
}
