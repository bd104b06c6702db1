import type { Dataset } from '../../data/dataset.js';
import { effectsOn } from '../../explain/influence/describe-effects.js';
import { seededRandom } from '../../numeric/random.js';
import { spearman } from '../../numeric/statistics.js';
import type { Bench } from '../bench.js';
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
    return [
      ...(await compare(bench, 'shuffled labels', { train: shuffled })),
      ...(await compare(bench, 'random weights', { options: still })),
    ];
  },
};

const SHUFFLED = 97;

function compare(bench: Bench, what: string, changes: Parameters<Bench['variant']>[1]): Promise<Figure[]> {
  return bench.variant(what, changes, async (replay) => {
    const figures: Figure[] = [];
    for (const method of forQueries(bench.methods)) {
      const own = await bench.effects(method);
      const other = await bench.effectsBy(replay, changes.train ?? bench.train, method, 'margin');
      const correlations = Array.from(bench.predicted, (_, q) => spearman(effectsOn(own, q), effectsOn(other, q)));
      const named = { protocol: 'randomisation', figure: `correlation with ${what}`, method: method.name };
      figures.push(meanFigure(named, correlations, 0, bench.options.seed));
    }
    return figures;
  });
}
