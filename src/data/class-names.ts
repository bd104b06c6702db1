/** Names of classes: from a list beside the data, from well-known label files, or plain numbers. */
import { InputError } from '../errors.js';
import { look, readBytes } from '../files.js';
import { join } from '../storage/paths.js';
import { parseJson } from '../schema/json.js';
import { countText, printable } from './printable.js';

/** More classes than any data set has; keeps a damaged label from making millions of names. */
export const MAX_CLASSES = 100_000;

const NAME_LIMIT = 200;
const LIST_LIMIT = 16 << 20;

/** Names as text that is safe to show, at most 200 characters each. */
export function cleanNames(names: readonly string[]): string[] {
  return names.map((name) => printable(name, NAME_LIMIT));
}

/** `'0'`, `'1'`, … for as many classes as the labels need; labels are checked to be class numbers first. */
export function numberedNames(...labelSets: readonly ArrayLike<number>[]): string[] {
  let largest = -1;
  for (const labels of labelSets) for (let i = 0; i < labels.length; i++) largest = Math.max(largest, labels[i]!);
  return Array.from({ length: largest + 1 }, (_, i) => String(i));
}

/**
 * One name a line; blank lines at the end are not names.
 * @throws InputError when the file cannot be read or lists nothing
 */
export async function readNameList(path: string): Promise<string[]> {
  await checkListSize(path);
  const lines = new TextDecoder().decode(await readBytes(path)).split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  if (lines.length === 0) throw new InputError(`${printable(path)}: is empty; list the class names, one a line`);
  return cleanNames(lines.map((line) => line.trim()));
}

async function checkListSize(path: string): Promise<void> {
  const found = await look(path);
  if (found && found.size > LIST_LIMIT)
    throw new InputError(`${printable(path)}: too long for a list of class names, one a line`);
}

/**
 * The names that a user gives the classes of a data set: there may be more than it has examples of.
 * @param classes number of classes that the data set has
 * @throws InputError when a class would have no name
 */
export function givenNames(names: readonly string[], classes: number, shown: string): string[] {
  if (names.length >= classes) return cleanNames(names);
  throw new InputError(
    `\`classNames\`: ${countText(names.length)} ${names.length === 1 ? 'name' : 'names'} for the ${countText(classes)} classes ` +
      `of ${shown}; name every class, in the order of their numbers`,
  );
}

/**
 * Reads the names of classes from a file: one a line, or JSON: a list, or an object with a name for each number.
 * @throws InputError when it cannot be read, or holds something else
 */
export async function readClassNames(path: string): Promise<string[]> {
  if (!path.toLowerCase().endsWith('.json')) return readNameList(path);
  await checkListSize(path);
  const why = (problem: string) =>
    new InputError({ file: path, problem, mend: 'give ["cat", "dog"], or {"0": "cat", …}' });
  const text = new TextDecoder().decode(await readBytes(path));
  const parsed = parseJson(text, (problem) => why(`is no JSON (${problem})`));
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  const names: unknown[] = Array.isArray(parsed) ? parsed : isObject ? byNumber(parsed as Record<string, unknown>) : [];
  if (names.length === 0) throw why('lists no names of classes');
  const wrong = names.findIndex((name) => typeof name !== 'string' || name.trim() === '');
  if (wrong >= 0) throw why(`has no name for class ${wrong}`);
  return cleanNames(names as string[]);
}

/** Values of an object whose keys are the numbers of classes, with undefined where a number is missing. */
function byNumber(object: Readonly<Record<string, unknown>>): unknown[] {
  const keys = Object.keys(object);
  if (keys.length > MAX_CLASSES || keys.some((key) => !/^\d{1,9}$/.test(key))) return [];
  return Array.from(keys, (_, i) => (Object.hasOwn(object, String(i)) ? object[String(i)] : undefined));
}

/** The names in `classes.txt` or `labels.txt` among a folder's files, if there is one. */
export async function namesBeside(folder: string, files: readonly string[]): Promise<string[] | undefined> {
  const file = ['classes.txt', 'labels.txt'].find((name) => files.includes(name));
  return file === undefined ? undefined : readNameList(join(folder, file));
}

/**
 * Labels as class numbers.
 * @param where the file (and array) that the labels stand in, for the message
 * @param classes number of classes, when it is known
 * @throws InputError at the first label that is not a whole number from 0 to `classes` − 1
 */
export function toLabels(values: ArrayLike<number | bigint>, where: string, classes = MAX_CLASSES): Int32Array {
  const labels = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const label = Number(values[i]);
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new InputError(
        `${where}: example ${countText(i)} has the label ${label}, expected a class number from 0 to ${classes - 1}; ` +
          'correct the label or the list of classes',
      );
    }
    labels[i] = label;
  }
  return labels;
}
