import { noEffects } from '../../explain/influence/subject.js';
import type { EvaluatedMethod } from './method.js';

/** 1 for the examples whose label is the class in question, 0 for all others. */
export const sameClass: EvaluatedMethod = {
  name: 'same-class',
  says: 'whether the example’s label is the class in question',
  cost: () => 0,
  effects: async ({ queries, train, ofLoss }) => {
    const effects = noEffects(queries.length, train.length);
    for (const [q, query] of queries.entries()) {
      const share = new Map<number, number>();
      for await (const { targets } of query.batches()) {
        for (const target of Array.from(targets)) share.set(target, (share.get(target) ?? 0) + query.scale);
      }
      train.labels.forEach((label, i) => {
        effects.values[q * train.length + i] = (ofLoss ? -1 : 1) * (share.get(label) ?? 0);
      });
    }
    return effects;
  },
};
