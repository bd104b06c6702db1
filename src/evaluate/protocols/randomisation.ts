import type { Dataset } from '../../data/dataset.js';
import { effectsOn } from '../../explain/influence/describe-effects.js';
import { seededRandom } from '../../numeric/random.js';
import { spearman } from '../../numeric/statistics.js';
import { inFull } from '../../shards/division.js';
import type { Bench } from '../bench.js';
import { dividedEffects } from '../divided-effects.js';
import { meanFigure, type Figure } from '../figures.js';
import { forQueries, type Protocol } from './protocol.js';

/** So much smaller are the steps of a training that leaves its weights as they were drawn. */
const STANDING = 1e-6;

/**
 * Effects beside those by a training that learnt nothing true: on shuffled labels, or with steps so small that the weights stay
 * random. A method that gives the same for those explains the data, not the training; near 0 is right.
 */
export const randomisation: Protocol = {
  name: 'randomisation',
  asks: 'Do the effects change when the labels are shuffled, or the weights stay random? Correlations near 0 are right.',
  unit: 'Spearman’s rank correlation',
  needsEffects: true,
  cost: ({ methods, queries }) => 2 * (1 + forQueries(methods).reduce((sum, method) => sum + method.cost(queries), 0)),
  figures: async (bench) => {
    const { train, run, options } = bench;
    const shuffled: Dataset = {
      ...train,
      labels: seededRandom(options.seed, SHUFFLED).shuffle(train.labels.slice()),
    };
    const still = { ...run.options, learningRate: STANDING * run.options.learningRate };
    const compared = await inFull([
      () => compare(bench, 'shuffled labels', { train: shuffled }),
      () => compare(bench, 'random weights', { options: still }),
    ]);
    return compared.flat();
  },
};

const SHUFFLED = 97;

function compare(bench: Bench, what: string, changes: Parameters<Bench['variant']>[1]): Promise<Figure[]> {
  return bench.variant(what, changes, (trained) =>
    inFull(
      forQueries(bench.methods).map((method) => async () => {
        const other = await dividedEffects(bench.division, {
          name: `effects of ${method.name}, ${what}`,
          queries: bench.predicted.length,
          byQuery: method.byQuery ?? false,
          compute: async (queries) =>
            bench.effectsBy(await trained(), changes.train ?? bench.train, method, 'margin', queries),
        });
        bench.fitted(other.fit);
        const own = await bench.effects(method);
        const correlations = Array.from(bench.predicted, (_, q) => spearman(effectsOn(own, q), effectsOn(other, q)));
        const named = { protocol: 'randomisation', figure: `correlation with ${what}`, method: method.name };
        return meanFigure(named, correlations, 0, bench.options.seed);
      }),
    ),
  );
}
