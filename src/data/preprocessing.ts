/** How what is stored becomes what a model is fed with. */
import type { Size } from './dataset.js';

/** What the user says about it; what is left out follows from the model and the data. */
export interface Preprocessing {
  /** Pictures are brought to this size. */
  readonly resize?: Size | undefined;
  /** Pictures are made grey (1) or RGB (3). */
  readonly channels?: 1 | 3 | undefined;
  /** Pixels are fed as (x/255 − mean)/std: one number, or one for each channel. */
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}
