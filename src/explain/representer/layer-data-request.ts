/** What the user names, for everything that explains a linear layer by its training data. */
import type { InterfaceChoice } from '../../classifier/open.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Division } from '../../shards/division.js';
import type { Preprocessing } from '../../data/preprocessing.js';
import type { Reporting } from '../../progress.js';

/** What the user names. */
export interface LayerDataRequest extends InterfaceChoice, Preprocessing, Reporting {
  readonly modelPath?: string | undefined;
  readonly dataSpec?: string | undefined;
  /** An `.npz` file of features, in place of what the model's body computes. */
  readonly featureFile?: string | undefined;
  /** Without a model, take the examples themselves for features: a linear classifier on the inputs. */
  readonly inputsAsFeatures?: boolean;
  readonly layer?: string | undefined;
  /** Folder of the cache; undefined for the one beside the model, null for none. */
  readonly cache?: string | null | undefined;
  readonly runtime: Runtime;
  /** Which examples go through the model's body here; all by default. */
  readonly division?: Division | undefined;
}
