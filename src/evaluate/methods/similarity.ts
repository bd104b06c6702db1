import { noEffects } from '../../explain/influence/subject.js';
import { cosine } from '../../numeric/vectors.js';
import { withLastLayer } from './last-layer.js';
import type { EvaluatedMethod } from './method.js';

/** The cosine of last features, with a minus where the example's label is another class than the one in question. */
export const similarity: EvaluatedMethod = {
  name: 'similarity',
  says: 'how alike the last layer’s features are, negative for examples of other classes',
  cost: () => 1,
  effects: (subject) =>
    withLastLayer(subject, async (last) => {
      const { queries, train, ofLoss } = subject;
      const { columns } = last;
      const known = last.train.features.data;
      const effects = noEffects(queries.length, train.length);
      for (const [q, query] of queries.entries()) {
        for await (const { x, targets } of query.batches()) {
          const asked = await last.features(x);
          for (let row = 0; row < targets.length; row++) {
            const f = asked.subarray(row * columns, (row + 1) * columns);
            for (let i = 0; i < train.length; i++) {
              const agrees = (train.labels[i] === targets[row]) !== ofLoss ? 1 : -1;
              const alike = cosine(f, known.subarray(i * columns, (i + 1) * columns));
              effects.values[q * train.length + i]! += agrees * query.scale * alike;
            }
          }
        }
      }
      return effects;
    }),
};
