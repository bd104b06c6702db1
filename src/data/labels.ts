/** Labels as arrays hold them: class numbers, one-hot rows, or names. */
import { InputError } from '../errors.js';
import { cleanNames, MAX_CLASSES, numberedNames, toLabels } from './class-names.js';
import { byCodePoints } from './code-points.js';
import type { NpyArray } from './npy/decode.js';
import { countText, printable, shapeText, someOf } from './printable.js';

/** The labels of one split. */
export interface LabelColumn {
  /** File and array, for messages. */
  readonly where: string;
  /** One per example: its class number, or its class's name. */
  readonly values: ArrayLike<number | bigint> | readonly string[];
  /** Number of classes, where one-hot rows say it. */
  readonly classes?: number | undefined;
}

/** What the labels of a split mean. */
export interface Labels {
  readonly labels: Int32Array;
  /** Safe to show. */
  readonly classNames: readonly string[];
  /** What the user should know of how they were read. */
  readonly remark?: string | undefined;
}

/**
 * The labels in an array: `[N]` or `[N, 1]` numbers or text, or `[N, classes]` rows with a single 1.
 * @throws InputError for any other array
 */
export function labelColumn({ shape, data }: NpyArray, where: string): LabelColumn {
  const isVector = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (isVector) return { where, values: data };
  const [, classes] = shape;
  if (shape.length !== 2 || !classes || isText(data)) {
    throw new InputError(
      `${where}: holds ${isText(data) ? 'text of shape ' : ''}${shapeText(shape)}, expected one class number or name an example`,
    );
  }
  return { where, values: classesOfRows(data, classes, where), classes };
}

/**
 * Labels as class numbers, with the names of the classes.
 * @param other the labels of the other split, so that both number their classes alike
 * @param names as they are stored beside the data
 * @throws InputError for a label that is no class
 */
export function labelsAndNames(own: LabelColumn, other?: LabelColumn, names?: readonly string[]): Labels {
  if (isText(own.values) || (other && isText(other.values))) return namedLabels(own, other, names);
  const classes = own.classes ?? other?.classes;
  if (names && classes !== undefined && names.length !== classes) {
    throw new InputError(
      `${own.where}: its one-hot rows have ${countText(classes)} classes, but the list of classes ${countText(names.length)}; ` +
        'correct one of them',
    );
  }
  const known = names?.length ?? classes;
  const labels = toLabels(own.values, own.where, known);
  const others = other ? toLabels(other.values as ArrayLike<number | bigint>, other.where, known) : [];
  const numbered =
    classes === undefined ? numberedNames(labels, others) : Array.from({ length: classes }, (_, i) => String(i));
  const remark =
    own.classes === undefined ? undefined : `one-hot rows are read as the numbers of ${countText(own.classes)} classes`;
  return { labels, classNames: names ? cleanNames(names) : numbered, remark };
}

function namedLabels(own: LabelColumn, other?: LabelColumn, names?: readonly string[]): Labels {
  for (const { where, values } of other ? [own, other] : [own]) {
    if (!isText(values)) {
      throw new InputError(`${where}: holds numbers, but the labels of the other split are names; save both alike`);
    }
  }
  const values = own.values as readonly string[];
  const found = [...new Set([...values, ...((other?.values ?? []) as readonly string[])])].sort(byCodePoints);
  if (found.length > MAX_CLASSES) {
    throw new InputError(
      `${own.where}: holds ${countText(found.length)} different names, more than there can be classes`,
    );
  }
  const numbers = new Map((names ?? found).map((name, i) => [name, i]));
  const labels = Int32Array.from(values, (name, i) => {
    const label = numbers.get(name);
    if (label !== undefined) return label;
    throw new InputError(
      `${own.where}: example ${countText(i)} has the label "${printable(name, 60)}", which is not among the classes ` +
        `(${someOf(names!)}); correct the label or the list of classes`,
    );
  });
  if (names) return { labels, classNames: cleanNames(names) };
  const remark = `labels are names; their classes are numbered in the order of code points (${someOf(found, 3)})`;
  return { labels, classNames: cleanNames(found), remark };
}

/** The place of the 1 in each row. */
function classesOfRows(data: ArrayLike<number | bigint>, classes: number, where: string): Int32Array {
  const labels = new Int32Array(data.length / classes).fill(-1);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    const row = Math.floor(i / classes);
    if (value === 1 && labels[row] === -1) labels[row] = i % classes;
    else if (value !== 0) throw notOneHot(where, row);
  }
  const without = labels.indexOf(-1);
  if (without >= 0) throw notOneHot(where, without);
  return labels;
}

function notOneHot(where: string, row: number): InputError {
  return new InputError(
    `${where}: row ${countText(row)} is not one-hot (one 1, else 0); give one class number or name an example, ` +
      'such as y.argmax(1) of probabilities; several classes an example are not supported',
  );
}

function isText(values: LabelColumn['values']): values is readonly string[] {
  return Array.isArray(values);
}
