/** How a data set is read, and how what is stored becomes what a model is fed with. */
import type { Corrections } from './corrections/corrections.js';
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
  /** The column of a table that holds the labels; by default the one called label, labels, class, target or y. */
  readonly labelColumn?: string | undefined;
  /** What the classes are called, by their numbers, whatever the data call them. */
  readonly classNames?: readonly string[] | undefined;
  /** What a user corrected of the training split. */
  readonly corrections?: Corrections | undefined;
}

/** What of it says how any data are read, apart from what pixels are fed as: corrections are of one training split. */
export function readingOf({
  resize,
  channels,
  labelColumn,
  classNames,
}: Preprocessing): Omit<Preprocessing, 'mean' | 'std' | 'corrections'> {
  return { resize, channels, labelColumn, classNames };
}
