import { defineRule, forAll, short } from '../../rule.js';
import { need } from '../../unavailable.js';

/** Two runs on the same inputs agree: nothing random was left on. */
export const repeatable = defineRule({
  name: 'outputs.repeatable',
  summary: 'two runs on the same inputs give the same',
  level: 'error',
  optional: false,
  needs: ['repeat'],
  // Threads may add up in another order.
  limits: forAll({ error: 1e-5 }),
  judge: ({ candidate }, { error }) => {
    const found = need(candidate.repeat, 'a second run');
    return {
      status: found > error ? 'fail' : 'pass',
      value: found,
      limit: error,
      sentence:
        found > error
          ? `two runs on the same inputs differ by ${short(found)}; is dropout, or something else that is random, left on?`
          : 'a second run gives the same',
    };
  },
});
