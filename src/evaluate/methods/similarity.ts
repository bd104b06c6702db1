import { noEffects } from '../../explain/influence/subject.js';
import { withLastLayer } from './last-layer.js';
import type { EvaluatedMethod } from './method.js';

/** The cosine of last features, with a minus where the example's label is another class than the one in question. */
export const similarity: EvaluatedMethod = {
  name: 'similarity',
  says: 'how alike the last layer’s features are, negative for examples of other classes',
  cost: () => 1,
  effects: (subject) =>
    withLastLayer(subject, async ({ columns, train: { features }, features: of }) => {
      const { queries, train, ofLoss } = subject;
      const effects = noEffects(queries.length, train.length);
      const norms = Float64Array.from({ length: train.length }, (_, i) =>
        Math.hypot(...features.data.subarray(i * columns, (i + 1) * columns)),
      );
      for (const [q, { batches, scale }] of queries.entries()) {
        for await (const { x, targets } of batches()) {
          const asked = await of(x);
          for (let row = 0; row < targets.length; row++) {
            const f = asked.subarray(row * columns, (row + 1) * columns);
            const norm = Math.hypot(...f);
            for (let i = 0; i < train.length; i++) {
              let dot = 0;
              for (let k = 0; k < columns; k++) dot += f[k]! * features.data[i * columns + k]!;
              const agrees = (train.labels[i] === targets[row]) !== ofLoss ? 1 : -1;
              effects.values[q * train.length + i]! += (agrees * scale * dot) / (norm * norms[i]! || 1);
            }
          }
        }
      }
      return effects;
    }),
};
