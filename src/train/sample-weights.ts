/** What the loss of each training example is multiplied by. */
import { takingPart } from '../data/corrections/taking-part.js';
import type { Dataset } from '../data/dataset.js';
import { countText, printable, someOf } from '../data/printable.js';
import { InputError } from '../errors.js';

/**
 * Weights of classes: one for each, some by the class's number or name (all others weigh 1), or `balanced`: n / (k·n_c) for
 * a class with n_c of n examples in k classes, which gives every class the same sum.
 */
export type ClassWeights = 'balanced' | readonly number[] | Readonly<Record<string, number>>;

/** Weights by example and by class; both together are multiplied. */
export interface LossWeights {
  readonly samples?: ArrayLike<number> | undefined;
  readonly classes?: ClassWeights | undefined;
}

/**
 * The weight of each example. The loss of a batch of n examples is Σ w·l / n: divided by their number, not by their weights,
 * so that an example that weighs less makes no other weigh more.
 * @param data the training split
 * @returns float32 [examples], or undefined where no weights are given: each is 1
 * @throws InputError when there is not one for each example or class, one is no finite number from 0, or all are 0
 */
export function sampleWeights(
  data: Pick<Dataset, 'labels' | 'classNames' | 'dropped'>,
  { samples, classes }: LossWeights,
): Float32Array | undefined {
  if (samples === undefined && classes === undefined) return undefined;
  const { labels } = data;
  if (samples && samples.length !== labels.length) {
    throw new InputError(
      `\`sampleWeights\`: ${countText(samples.length)} weights for ${countText(labels.length)} training examples; ` +
        'give one for each, in the order of the data',
    );
  }
  if (samples) check(Array.from(samples), (i) => `\`sampleWeights\`: the weight of example ${i}`);
  const ofClass = classes === undefined ? undefined : classWeights(data, classes);
  const weights = Float32Array.from(labels, (label, i) => (samples?.[i] ?? 1) * (ofClass?.[label] ?? 1));
  if (!weights.every(Number.isFinite)) {
    throw new InputError('`sampleWeights`, `classWeights`: a product of weights is too large for a 32-bit number');
  }
  if (weights.every((weight) => weight === 0)) {
    throw new InputError(
      `\`${samples ? 'sampleWeights' : 'classWeights'}\`: every training example weighs 0, so that nothing would be learnt`,
    );
  }
  return weights;
}

/** The weight of each class. */
function classWeights(
  { labels, classNames, dropped }: Pick<Dataset, 'labels' | 'classNames' | 'dropped'>,
  given: ClassWeights,
): number[] {
  const name = (index: number) =>
    `\`classWeights\`: the weight of class ${index} (${printable(classNames[index]!, 40)})`;
  if (given === 'balanced') {
    const learnt = takingPart({ length: labels.length, dropped });
    return balanced(
      learnt.map((index) => labels[index]!),
      classNames.length,
    );
  }
  if (isList(given)) {
    if (given.length !== classNames.length) {
      throw new InputError(
        `\`classWeights\`: ${given.length} weights for ${classNames.length} classes; give one for each, or some as 0:2,3:0.5`,
      );
    }
    check(given, name);
    return [...given];
  }
  const weights = classNames.map(() => 1);
  for (const [key, weight] of Object.entries(given)) weights[classOf(key, classNames)] = weight;
  check(weights, name);
  return weights;
}

function isList(given: ClassWeights): given is readonly number[] {
  return Array.isArray(given);
}

/** A class by its name or number. */
function classOf(key: string, classNames: readonly string[]): number {
  const named = classNames.indexOf(key);
  if (named >= 0) return named;
  const index = /^\d+$/.test(key) ? Number(key) : -1;
  if (index >= 0 && index < classNames.length) return index;
  throw new InputError(
    `\`classWeights\`: there is no class ${printable(key, 40)}; the classes are 0 to ${classNames.length - 1}: ${someOf(classNames)}`,
  );
}

function balanced(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? labels.length / (present * count) : 1));
}

function check(weights: readonly number[], name: (index: number) => string): void {
  const wrong = weights.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (wrong >= 0) throw new InputError(`${name(wrong)} is ${weights[wrong]}; expected a finite number from 0`);
}
