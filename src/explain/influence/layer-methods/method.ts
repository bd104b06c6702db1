/** A way to value training examples for decisions by what the last layer sees, without a recorded training. */
import type { Notice, Progress } from '../../../progress.js';
import type { InfluenceLayer } from '../../../results/influence.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { LossName } from '../../../train/losses/registry.js';
import type { FeatureMatrix } from '../../representer/features/features.js';
import type { LayerExamples } from '../../representer/layer-data.js';
import type { MeasureName } from '../measures.js';
import type { EffectMatrix } from '../subject.js';

/** What effects are on: a measure of one example, or its mean over many. */
export interface LayerQuery {
  /** Last features of the examples that it is taken over. */
  readonly features: FeatureMatrix;
  /** The class in question, by example. */
  readonly targets: ArrayLike<number>;
}

/** A model's last layer and what is asked about it. */
export interface LayerSubject {
  readonly layerData: LayerExamples;
  readonly queries: readonly LayerQuery[];
  readonly measure: MeasureName;
  /** What the measure `loss` is. */
  readonly loss: LossName;
  readonly runtime: Runtime;
  readonly onProgress?: Progress | undefined;
  readonly onNotice?: Notice | undefined;
}

/** What a method finds. */
export interface LayerEffects {
  readonly effects: EffectMatrix;
  /** The measure of each query under the layer that was fitted, where one was. */
  readonly fitted?: readonly number[] | undefined;
  /** The layer, and how it was fitted. */
  readonly layer: InfluenceLayer;
}

/** A method of the last layer: one file beside this one, one line in `registry.ts`. */
export interface LayerMethod {
  readonly name: string;
  /** What a value says, for a page. */
  readonly says: string;
  /** Whether a value predicts the measure without the example; others only rank. */
  readonly predicts: boolean;
  /** The measures that it can be asked for, the default first. */
  readonly measures: readonly (MeasureName | 'test-loss')[];
  /** The unit of its values, where that is not the measure's. */
  readonly unit?: string | undefined;
  /** Effects on the subject's measure; an example that supports it has a positive one. */
  effects(subject: LayerSubject): Promise<LayerEffects>;
}
