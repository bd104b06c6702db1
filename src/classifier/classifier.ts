/** A classifier opened for examples: what every explanation, training and check needs to know of a model. */
import type { Normalization } from '../data/normalization.js';
import type { ElementType } from '../tensor.js';
import type { Head } from './head.js';

/** The input that takes the examples. */
export interface ExampleInput {
  readonly name: string;
  readonly type: ElementType;
  /** Dimensions that one example is fed under. */
  readonly dims: readonly number[];
}

/** A prepared model that decides between classes. Made by `openClassifier`. */
export interface Classifier extends Head {
  readonly input: ExampleInput;
  /** Of pixels; undefined where examples are fed as they are (tokens). */
  readonly normalization: Normalization | undefined;
  /** Classes that the scores decide between: 2 for a single score. */
  readonly classes: number;
  /** Rows of every call of a model whose batch could not be freed; undefined where it takes any number. */
  readonly batch: number | undefined;
  /**
   * Whether the rows of a batch influence one another, so that examples are run one at a time: batch statistics, a range
   * taken over the batch. Known once examples have been run (`examine`).
   */
  readonly rowsMix: boolean;
}

/** Most examples that may share a call. */
export function mostRows({ rowsMix, batch }: Pick<Classifier, 'rowsMix' | 'batch'>): number {
  return rowsMix ? 1 : (batch ?? Infinity);
}
