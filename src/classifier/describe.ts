/** What a classifier says of an input, in the words of a result. */
import type { Input } from '../data/input.js';
import type { Classifier } from './classifier.js';
import { probabilitiesOf } from './probabilities.js';

/** A class by its number and name. */
export interface NamedClass {
  readonly class: number;
  readonly label: string;
}

/** What results say of an input: its name, the most probable classes, and the true one. */
export interface DescribedInput {
  readonly input: string;
  /** The file of an example that was named by its index. */
  readonly inputFile?: string | undefined;
  /** Its number in that file. */
  readonly inputRow?: number | undefined;
  /** Text that is stored beside it. */
  readonly inputNotes?: Readonly<Record<string, string>> | undefined;
  readonly predicted: NamedClass & { readonly probability: number };
  /** The class that the data say, where the data's classes are the model's, however improbable the model finds it. */
  readonly truth?: (NamedClass & { readonly probability?: number | undefined }) | undefined;
  /** The most probable classes. */
  readonly topClasses: readonly (NamedClass & { readonly probability: number })[];
}

/** Classes listed of an input, at most. */
export const LISTED_CLASSES = 10;

/**
 * Ranks the classes of an input by probability, and names them.
 * @param scores what the classifier computes for it, one number per column
 * @param classNames names of the model's classes
 * @throws InputError when a score is not a number
 */
export function describeInput(
  input: Pick<Input, 'name' | 'label' | 'classNames' | 'folder' | 'origin'>,
  scores: ArrayLike<number>,
  { activation }: Pick<Classifier, 'activation'>,
  classNames: readonly string[],
): DescribedInput {
  const named = (index: number): NamedClass => ({ class: index, label: classNames[index] ?? String(index) });
  const ranked = probabilitiesOf(scores, activation).map((entry) => ({ ...entry, label: named(entry.class).label }));
  const truth = knownLabel(input, classNames);
  return {
    input: input.name,
    ...originOf(input),
    predicted: ranked[0]!,
    truth:
      truth === undefined
        ? undefined
        : { ...named(truth), probability: ranked.find((entry) => entry.class === truth)?.probability },
    topClasses: ranked.slice(0, LISTED_CLASSES),
  };
}

/** Where an input is, in the words of a result. */
export function originOf({
  origin,
}: Pick<Input, 'origin'>): Pick<DescribedInput, 'inputFile' | 'inputRow' | 'inputNotes'> {
  return { inputFile: origin?.file, inputRow: origin?.row, inputNotes: origin?.notes };
}

/**
 * The input's class: as its data set says (class names that differ mean another data set, whose numbers mean nothing here), or by
 * the folder that its file lies in.
 */
export function knownLabel(
  { label, classNames: own, folder }: Pick<Input, 'label' | 'classNames' | 'folder'>,
  classNames: readonly string[],
): number | undefined {
  if (label !== undefined) return own?.join('\n') === classNames.join('\n') ? label : undefined;
  const named = folder === undefined ? -1 : classNames.indexOf(folder);
  return named >= 0 ? named : undefined;
}

/** The first list of names that has one for each class; numbers where there is none. */
export function classNamesFor(classes: number, known: readonly (readonly string[] | undefined)[]): readonly string[] {
  return known.find((names) => names?.length === classes) ?? Array.from({ length: classes }, (_, i) => String(i));
}
