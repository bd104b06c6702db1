import { noEffects } from '../../explain/influence/subject.js';
import { seededRandom } from '../../numeric/random.js';
import type { EvaluatedMethod } from './method.js';

/** Normal random numbers. */
export const random: EvaluatedMethod = {
  name: 'random',
  says: 'nothing: random numbers',
  cost: () => 0,
  effects: ({ replay, queries, seed }) => {
    const numbers = seededRandom(seed, RANDOM_EFFECTS);
    const effects = noEffects(queries.length, replay.setup.pool.length);
    for (let k = 0; k < effects.values.length; k++) effects.values[k] = numbers.normal();
    return Promise.resolve(effects);
  },
};

const RANDOM_EFFECTS = 94;
