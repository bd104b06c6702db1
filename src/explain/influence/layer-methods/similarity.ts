import { rowOf } from '../../representer/features/features.js';
import { noEffects } from '../subject.js';
import type { LayerMethod } from './method.js';

/**
 * The cosine of last features, with a minus where the example's label is another class than the one in question: the baseline
 * that any other list is to be better than.
 */
export const similarity: LayerMethod = {
  name: 'similarity',
  says: 'how alike the last layer’s features of example and input are, negative for examples of other classes: a baseline, not what would be without the example',
  predicts: false,
  measures: ['margin', 'logit', 'probability'],
  unit: 'no unit (the cosine of last features, from −1 to 1)',
  effects: ({ layerData, queries, onProgress }) => {
    const { layer, train } = layerData;
    const { rows, columns, data } = train.features;
    const effects = noEffects(queries.length, rows);
    const norms = Float64Array.from({ length: rows }, (_, i) => norm(rowOf(data, columns, i)));
    for (const [q, { features, targets }] of queries.entries()) {
      const query = rowOf(features.data, columns, 0);
      const length = norm(query);
      for (let i = 0; i < rows; i++) {
        const row = rowOf(data, columns, i);
        let product = 0;
        for (let k = 0; k < columns; k++) product += row[k]! * query[k]!;
        // Features that are all 0 are like nothing.
        const cosine = product / (norms[i]! * length || 1);
        effects.values[q * rows + i] = train.labels[i] === targets[0] ? cosine : -cosine;
      }
      onProgress?.('similarity', q + 1, queries.length);
    }
    return Promise.resolve({ effects, layer: { name: layer.name, features: columns } });
  },
};

function norm(vector: Float32Array | Float64Array): number {
  let square = 0;
  for (let k = 0; k < vector.length; k++) square += vector[k]! ** 2;
  return Math.sqrt(square);
}
