/** Representer values: what every training point adds to a score ([Yeh et al. 2018], Eq. 2). */
import type { PointSet } from './point-set.js';
import { encodeModel } from '../../onnx/codec.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { float64 } from '../../tensor.js';
import { openExplainer, type ScoreExplanation } from './explain-scores.js';
import { rowBlocks, type FeatureMatrix } from './features/features.js';
import { similarityModel } from './point-graphs.js';
import { weightOf } from './point-set.js';

/** Training points, ready to explain; release them when done. */
export interface Points {
  /** α_ij ⟨f_i, f_t⟩ of every training point i, computed in float64: they sum to the score. */
  values(query: Float32Array | Float64Array, target: number): Promise<Float64Array>;
  /** The values for every score, [rows, outputs], computed in float64; a single score is that of class 1. */
  allValues(query: Float32Array | Float64Array): Promise<Float64Array>;
  /**
   * Explains one score of each query. Lists and their values, sums and those by class are what float64 gives. Features in
   * float32 are multiplied in float32, to find the few points whose values are then computed in float64: where rounding could
   * change a list, that query is computed in float64 as a whole.
   * @param targets class (or unit of a hidden layer) whose score is explained, by query
   */
  explain(queries: FeatureMatrix, targets: ArrayLike<number>, topK: number): Promise<ScoreExplanation[]>;
  release(): Promise<void>;
}

/** Bytes of features in one call of the graph of all values: in float64 they stay in the caches. */
const BLOCK_BYTES = 2 ** 21;

/** Opens training points; the features are used as they are, without a copy. */
export function openPoints(set: PointSet, runtime: Runtime): Points {
  const { features, alpha, outputs } = set;
  let similarity: Promise<Session> | undefined;
  const explainer = openExplainer(set, runtime);
  const similaritiesTo = async (given: Float32Array | Float64Array) => {
    similarity ??= runtime.createSession(encodeModel(similarityModel(set)));
    const session = await similarity;
    const result = new Float64Array(features.rows);
    const query = float64(given, [1, features.columns]);
    for (const { start, tensor } of rowBlocks(features, BLOCK_BYTES)) {
      const { similarities } = await session.run({ features: tensor, query });
      result.set(similarities!.data as Float64Array, start);
    }
    return result;
  };
  return {
    values: async (query, target) => {
      const values = await similaritiesTo(query);
      for (let i = 0; i < values.length; i++) values[i]! *= weightOf(set, i, target);
      return values;
    },
    allValues: async (query) => {
      const similarities = await similaritiesTo(query);
      return alpha.map((weight, k) => weight * similarities[Math.floor(k / outputs)]!);
    },
    explain: (queries, targets, topK) => explainer.explain(queries, targets, topK),
    release: async () => {
      await explainer.release();
      await (await similarity)?.release();
    },
  };
}

/** α_{i,y_i} ⟨f_i, f_i⟩: what each point adds to the score of its own class. */
export function selfValues(set: PointSet): Float64Array {
  const { features, bias, labels } = set;
  const { rows, columns, data } = features;
  return Float64Array.from({ length: rows }, (_, i) => {
    let square = bias ? 1 : 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) square += data[k]! * data[k]!;
    return weightOf(set, i, labels[i]!) * square;
  });
}
