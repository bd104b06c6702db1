import { cachedFit, FIT_DEFAULTS } from '../../representer/cached-fit.js';
import { rowOf } from '../../representer/features/features.js';
import { scoresAt } from '../../representer/fit/objective.js';
import { openPoints } from '../../representer/points.js';
import { measureRow } from '../row-measures.js';
import { noEffects } from '../subject.js';
import { describedFit, warnOf } from './describe-fit.js';
import type { LayerMethod } from './method.js';

/**
 * Representer values ([Yeh et al. 2018]): α_i ⟨f_i, f_t⟩, the parts of all training examples in the score, as `representer`
 * computes them with its defaults: the layer is fitted to the model's own outputs, and the parts add up to its score.
 */
export const representer: LayerMethod = {
  name: 'representer',
  says: 'the part of the score that the example stands for when the last layer is written as a sum over the training examples, not what would be without it',
  predicts: false,
  measures: ['logit'],
  unit: 'the score of the class (the values of all examples add up to it)',
  effects: async ({ layerData, queries, measure, loss, runtime, onProgress, onNotice }) => {
    const { layer, train } = layerData;
    const { fit, points: set } = await cachedFit(layerData, FIT_DEFAULTS, runtime, (iteration, norm) =>
      onProgress?.(`fit of the last layer, ‖∇‖∞ ${norm.toExponential(1)}`, iteration, Infinity),
    );
    warnOf(fit, onNotice);
    const effects = noEffects(queries.length, train.features.rows);
    const points = openPoints(set, runtime);
    const fitted: number[] = [];
    try {
      for (const [q, { features, targets }] of queries.entries()) {
        const target = targets[0]!;
        const found = await points.values(rowOf(features.data, layer.columns, 0), target);
        effects.values.set(found, q * effects.examples);
        const scores = await scoresAt(features, fit.weights, layer.outputs, runtime);
        const { value } = measureRow(measure, scores, { target, loss });
        fitted.push(value);
        onProgress?.('representer', q + 1, queries.length);
      }
    } finally {
      await points.release();
    }
    return {
      effects,
      fitted,
      layer: await describedFit(layerData, fit, { targets: 'outputs', lambda: FIT_DEFAULTS.lambda }, runtime),
    };
  },
};
