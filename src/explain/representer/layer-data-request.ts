/** What the user names, for everything that explains a linear layer by its training data. */
import type { InterfaceChoice } from '../../classifier/open.js';
import type { Size } from '../../data/dataset.js';
import type { Runtime } from '../../runtime/runtime.js';

/** What the user names. */
export interface LayerDataRequest extends InterfaceChoice {
  readonly modelPath?: string | undefined;
  readonly dataSpec?: string | undefined;
  /** An `.npz` file of features, in place of what the model's body computes. */
  readonly featureFile?: string | undefined;
  /** Without a model, take the examples themselves for features: a linear classifier on the inputs. */
  readonly inputsAsFeatures?: boolean;
  readonly layer?: string | undefined;
  readonly resize?: Size | undefined;
  readonly channels?: 1 | 3 | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** Folder of the cache; undefined for the one beside the model, null for none. */
  readonly cache?: string | null | undefined;
  readonly runtime: Runtime;
  readonly onProgress?: (what: string, done: number, total: number) => void;
  readonly onNotice?: (line: string) => void;
}
