import { effectsOn } from '../../explain/influence/describe-effects.js';
import { mean } from '../../numeric/statistics.js';
import { seededRandom } from '../../numeric/random.js';
import { lossRise, without, type Bench } from '../bench.js';
import { type Figure, meanFigure, percent } from '../figures.js';
import { highest } from '../highest.js';
import { forQueries, type CostFacts, type Protocol } from './protocol.js';

/** Shares of the training examples that are removed. */
const SHARES = [0.01, 0.05, 0.1];

/** Random removals that chance is the mean of. */
const RANDOM = 5;

/**
 * Quality of lists by deletion: trained again without a query's strongest supporters, by how much does its margin fall and the
 * loss of what was decided rise? Beside it as many random examples are removed.
 */
export const removal: Protocol = {
  name: 'removal',
  asks: 'Trained again without a query’s strongest supporters, by how much does its margin fall, and its loss rise?',
  unit: 'log-odds of margin, nats of loss',
  needsEffects: true,
  cost: ({ queries, methods, options }: CostFacts) =>
    SHARES.length * (RANDOM + forQueries(methods).length * Math.min(queries, options.removals)),
  figures: async (bench) => {
    const { options, train, margins, predicted } = bench;
    const queries = Math.min(options.removals, predicted.length);
    const figures: Figure[] = [];
    const retrain = trainer(bench);
    for (const share of SHARES) {
      const count = Math.max(1, Math.round(share * train.length));
      const drops: number[] = new Array<number>(queries).fill(0);
      const rises: number[] = new Array<number>(queries).fill(0);
      for (let r = 0; r < RANDOM; r++) {
        const order = seededRandom(options.seed, REMOVED, r).shuffle(Int32Array.from(train.labels.keys()));
        const after = await retrain(Array.from(order.subarray(0, count)));
        for (let q = 0; q < queries; q++) {
          drops[q]! += (margins[q]! - after[q]!) / RANDOM;
          rises[q]! += lossRise(margins[q]!, after[q]!) / RANDOM;
        }
      }
      for (const method of forQueries(bench.methods)) {
        const effects = await bench.effects(method);
        const fallen: number[] = [];
        const risen: number[] = [];
        for (let q = 0; q < queries; q++) {
          const after = await retrain(highest(effectsOn(effects, q), count));
          fallen.push(margins[q]! - after[q]!);
          risen.push(lossRise(margins[q]!, after[q]!));
        }
        const named = (figure: string) => ({
          protocol: 'removal',
          figure: `${figure} without ${percent(share)}`,
          method: method.name,
        });
        figures.push(
          againstRandom(named('margin lost'), fallen, drops, options.seed),
          againstRandom(named('loss gained'), risen, rises, options.seed),
        );
      }
    }
    return figures;
  },
};

const REMOVED = 95;

/** Trains without some examples; the same ones are removed once. */
function trainer(bench: Bench): (removed: readonly number[]) => Promise<Float64Array> {
  const known = new Map<string, Float64Array>();
  return async (removed) => {
    const key = [...removed].sort((a, b) => a - b).join();
    const left = new Set(removed);
    const found = known.get(key);
    if (found) {
      bench.work(bench.replay.steps);
      return found;
    }
    const margins = await bench.retrained(without(bench.replay.setup.pool.sampleWeights, (i) => left.has(i)));
    known.set(key, margins);
    return margins;
  };
}

/** A figure whose difference from random removal of the same query says whether it can be told from chance. */
function againstRandom(
  named: Pick<Figure, 'protocol' | 'figure' | 'method'>,
  values: readonly number[],
  random: readonly number[],
  seed: number,
): Figure {
  const beyond = meanFigure(named, values.map((value, q) => value - random[q]!), 0, seed); // prettier-ignore
  return { ...meanFigure(named, values, mean(random), seed), distinguishable: beyond.distinguishable };
}
