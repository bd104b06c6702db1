import * as v from 'valibot';
import { effectsOn } from '../../explain/influence/describe-effects.js';
import { mean } from '../../numeric/statistics.js';
import { seededRandom } from '../../numeric/random.js';
import { inFull, unitsOf } from '../../shards/division.js';
import { lossRise, without, type Bench } from '../bench.js';
import { type Figure, meanFigure, percent } from '../figures.js';
import { highest } from '../highest.js';
import type { EvaluatedMethod } from '../methods/method.js';
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
    const counts = SHARES.map((share) => Math.max(1, Math.round(share * train.length)));
    const retrain = trainer(bench);
    const methods = forQueries(bench.methods);
    const [random, ...byMethod] = await inFull([
      () => withoutRandom(bench, counts, retrain),
      ...methods.map((method) => () => withoutSupporters(bench, method, { counts, queries }, retrain)),
    ]);
    return SHARES.flatMap((share, s) => {
      const perQuery = (of: (before: number, after: number) => number) =>
        Array.from({ length: queries }, (_, q) =>
          mean(Array.from({ length: RANDOM }, (_, r) => of(margins[q]!, random![s * RANDOM + r]![q]!))),
        );
      const drops = perQuery((before, after) => before - after);
      const rises = perQuery(lossRise);
      return methods.flatMap(({ name }, m) => {
        const after = Array.from({ length: queries }, (_, q) => byMethod[m]![q]![s]!);
        const fallen = after.map((value, q) => margins[q]! - value);
        const risen = after.map((value, q) => lossRise(margins[q]!, value));
        const named = (figure: string) => ({
          protocol: 'removal',
          figure: `${figure} without ${percent(share)}`,
          method: name,
        });
        return [
          againstRandom(named('margin lost'), fallen, drops, options.seed),
          againstRandom(named('loss gained'), risen, rises, options.seed),
        ];
      });
    });
  },
};

type Retrain = (removed: readonly number[]) => Promise<Float64Array>;

const numbers = v.instance(Float64Array);

/** Margins of all queries without random examples: for each count, so many trainings. */
function withoutRandom(bench: Bench, counts: readonly number[], retrain: Retrain): Promise<Float64Array[]> {
  const { options, train } = bench;
  return unitsOf(bench.division, {
    name: 'removal at random',
    schema: numbers,
    compute: async function* (isOwn) {
      for (let unit = 0; unit < counts.length * RANDOM; unit++) {
        if (!isOwn(unit)) continue;
        const order = seededRandom(options.seed, REMOVED, unit % RANDOM).shuffle(Int32Array.from(train.labels.keys()));
        yield await retrain(Array.from(order.subarray(0, counts[Math.floor(unit / RANDOM)])));
      }
    },
  });
}

/** For each query its margin without its strongest supporters, so many of them. */
function withoutSupporters(
  bench: Bench,
  method: EvaluatedMethod,
  { counts, queries }: { readonly counts: readonly number[]; readonly queries: number },
  retrain: Retrain,
): Promise<Float64Array[]> {
  return unitsOf(bench.division, {
    name: `removal by ${method.name}`,
    beside: bench.effectsTask(method),
    schema: numbers,
    compute: async function* (isOwn) {
      for (let q = 0; q < queries; q++) {
        if (!isOwn(q)) continue;
        const effects = effectsOn(await bench.effectsHere(method, [q]), 0);
        const after = new Float64Array(counts.length);
        for (const [s, count] of counts.entries()) after[s] = (await retrain(highest(effects, count)))[q]!;
        yield after;
      }
    },
  });
}

const REMOVED = 95;

/** Trains without some examples; the same ones are removed once. */
function trainer(bench: Bench): Retrain {
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
