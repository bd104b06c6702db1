/** What a layered explanation is made from, and what it holds. */
import type { Classifier } from '../../../classifier/classifier.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { Example } from '../method.js';
import type { RowSource } from './layer-activations.js';
import type { UnitLayer } from './layers.js';
import type { MostActive } from './most-active.js';
import type { LayerRanking } from './ranking.js';
import type { LayeredSettings } from './settings.js';
import type { Progress } from '../../../progress.js';

/** Everything that a layered explanation is made from. */
export interface LayeredRequest {
  readonly runtime: Runtime;
  readonly explained: Classifier;
  /** The data whose activations and predicted labels the measure compares with. */
  readonly data: RowSource;
  readonly settings: LayeredSettings;
  readonly examples: readonly Example[];
  readonly onProgress?: Progress | undefined;
}

/** Pictures of one share of a layer's units. */
export interface SharePictures {
  readonly share: number;
  /** How many units that is. */
  readonly units: number;
  /** All of them, and those with positive and negative influence apart. */
  readonly all: Float32Array;
  readonly positive: Float32Array;
  readonly negative: Float32Array;
}

/** One layer of one explained input. */
export interface LayeredLayer {
  readonly layer: UnitLayer;
  /** Influence of each unit; positive supports the target. */
  readonly phi: Float64Array;
  readonly activations: Float32Array;
  /** The single unit with the largest activation, brought back: the baseline. */
  readonly max: Float32Array;
  readonly shares: readonly SharePictures[];
}

/** One explained input. */
export interface LayeredExample {
  /** Score of the target. */
  readonly output: number;
  readonly layers: readonly LayeredLayer[];
  /** Mean pairwise cosine of the layers' pictures: of the baseline, and of each share. */
  readonly agreement: { readonly max: number; readonly shares: readonly number[] };
}

/** Layered explanations of several inputs. */
export interface LayeredExplanation {
  readonly ranking: LayerRanking;
  readonly examples: readonly LayeredExample[];
  /** Which examples of the data set activate the units of each layer most. */
  readonly mostActive: ReadonlyMap<UnitLayer, MostActive>;
  /** Examples of the data set that were compared with. */
  readonly compared: number;
}
