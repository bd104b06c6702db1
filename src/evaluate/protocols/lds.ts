import * as v from 'valibot';
import { inFull } from '../../shards/division.js';
import { effectsOn } from '../../explain/influence/describe-effects.js';
import type { Bench } from '../bench.js';
import { type Figure, percent, withInterval } from '../figures.js';
import { drawSubsets, predictedSums, rankAgreement, type Subset } from '../linear-datamodelling.js';
import { forQueries, type CostFacts, type Protocol } from './protocol.js';

/**
 * The linear datamodelling score ([Park et al. 2023]): trained again on random parts of the data, do the outcomes rank as the
 * sums of the effects of the examples kept?
 */
export const lds: Protocol = {
  name: 'lds',
  asks: 'Trained again on random parts of the data, does each decision’s margin rank as the sum of the effects kept?',
  unit: 'Spearman’s rank correlation',
  needsEffects: true,
  cost,
  figures: (bench) => score(bench, 'lds'),
};

/**
 * The same over parts that keep as many examples of each class as one another: what depends on an example's class alone has
 * the same sum over all of them, and scores 0. What is left is whether a method tells examples of one class apart.
 */
export const ldsWithin: Protocol = {
  name: 'lds-within',
  asks: 'The same where every part keeps as many examples of each class: are examples of one class told apart?',
  unit: 'Spearman’s rank correlation',
  needsEffects: true,
  cost,
  figures: (bench) => score(bench, 'lds-within', bench.train.labels),
};

function cost({ options: { keep, subsets, freshOrder } }: CostFacts): number {
  return keep.length * subsets * (freshOrder ? 2 : 1);
}

async function score(bench: Bench, protocol: string, classes?: ArrayLike<number>): Promise<Figure[]> {
  const { keep, subsets: count, freshOrder, seed } = bench.options;
  const figures = await inFull(
    keep.map((share) => async () => {
      const figures: Figure[] = [];
      const subsets = drawSubsets(count, share, bench.train.length, seed, classes);
      const orders = freshOrder ? [undefined, seed + 1] : [undefined];
      const trained = await inFull(
        orders.map((order) => async () => {
          const figure = `${percent(share)} kept${order === undefined ? '' : ', fresh order'}`;
          return { figure, actual: await outcomes(bench, `${protocol}, ${figure}`, subsets, order) };
        }),
      );
      for (const { figure, actual } of trained) {
        for (const method of forQueries(bench.methods)) {
          const effects = await bench.effects(method);
          const predicted = Array.from(bench.predicted, (_, q) => predictedSums(effectsOn(effects, q), subsets));
          const { correlations, interval } = rankAgreement(predicted, actual, seed);
          figures.push(withInterval({ protocol, figure, method: method.name }, correlations, interval, 0));
        }
      }
      return figures;
    }),
  );
  return figures.flat();
}

/** The margin after training on each subset, [queries][subsets]. */
async function outcomes(
  bench: Bench,
  name: string,
  subsets: readonly Subset[],
  order: number | undefined,
): Promise<Float64Array[]> {
  const { sampleWeights } = bench.replay.setup.pool;
  const found = Array.from(bench.predicted, () => new Float64Array(subsets.length));
  const trainings = bench.division.units({
    name,
    schema: v.instance(Float64Array),
    compute: async function* (isOwn) {
      for (const [j, kept] of subsets.entries()) {
        if (!isOwn(j)) continue;
        const weights = sampleWeights.map((weight, i) => weight * kept[i]!);
        yield bench.retrained(weights, order === undefined ? undefined : order + j);
      }
    },
  });
  let j = 0;
  for await (const margins of trainings) {
    found.forEach((own, q) => (own[j] = margins[q]!));
    j++;
  }
  return found;
}
