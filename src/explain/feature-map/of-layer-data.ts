/** Features that have been computed of all training examples. */
import type { FeatureMatrix } from '../representer/features/features.js';
import { selectRows } from '../representer/features/features.js';
import type { LayerData } from '../representer/layer-data.js';
import type { FeatureSource } from './feature-map.js';

/** @param queries features of the explained inputs; none where there are no inputs */
export function featuresOfLayerData(
  { layer, train }: Pick<LayerData, 'layer' | 'train'>,
  queries: FeatureMatrix = { rows: 0, columns: layer.columns, data: new Float32Array(0) },
): FeatureSource {
  const { members } = train.data;
  const rows = members && new Map(Array.from(members, (index, row) => [index, row]));
  return {
    layer: layer.name,
    affordable: Infinity,
    ofExamples: (indices) =>
      Promise.resolve(selectRows(train.features, rows ? indices.map((index) => rows.get(index)!) : indices)),
    ofQueries: () => Promise.resolve(queries),
  };
}
