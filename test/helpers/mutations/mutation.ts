/** One way in which an export changes. */
import type { Model } from '../../../src/onnx/model.js';
import type { Preset } from '../../../src/check/settings/preset.js';

/** The models of test/fixtures/check. */
export type FixtureName = 'tinted' | 'tinted-early' | 'tinted-retrained';

/** One way in which an export changes. */
export interface Mutation {
  readonly name: string;
  readonly preset: Preset;
  /** What the accepted model is, where it is not the trained one itself. */
  readonly accepted?: (model: Model) => Model;
  /** Which trained model the new export begins from, `tinted` by default. */
  readonly from?: FixtureName;
  /** Makes the new export of the trained one. */
  readonly change: (model: Model) => Model;
  /** Rules that must fail; none where the export is right. */
  readonly fires: readonly string[];
  /** Rules that must warn. */
  readonly warns?: readonly string[];
  /**
   * Rules that must not fail, beside those that fire: `all` that are not listed. What a change of the numbers may bring
   * along (see CONSEQUENCES) is free unless it stands here; every other rule must be silent.
   */
  readonly silent?: 'all' | readonly string[];
  /** Rules that may fail besides, though they are no such consequence. */
  readonly may?: readonly string[];
  /** Node that must be named as the first to diverge. */
  readonly first?: string;
  /** Weights go to a file beside the model. */
  readonly externalData?: boolean;
}
