/** Whether examples fit a model. */
import { InputError } from '../errors.js';
import { elementCount } from '../tensor.js';
import { shapeText } from './printable.js';

/**
 * The dimensions under which one example is fed to a model; its elements stay in place. Equal shapes fit, a model may take
 * an image as one flat vector (row-major), and with one channel it does not matter whether that axis comes first or last.
 * @param what the examples, for the message
 * @param have shape of one example
 * @param want the model's input without the batch axis; null where any size will do
 * @throws InputError naming both shapes and the flags that convert
 */
export function exampleDims(what: string, have: readonly number[], want: readonly (number | null)[]): number[] {
  if (fits(have, want)) return [...have];
  const flat = [elementCount(have)];
  if (fits(flat, want)) return flat;
  const [channels, height, width] = have;
  const isImage = have.length === 3;
  if (isImage && channels === 1 && fits([height!, width!, 1], want)) return [height!, width!, 1];
  throw new InputError(
    `${what}: each example is ${shapeText(have)}, but the model takes ${shapeText(want)}; ${mend(have, want)}`,
  );
}

function fits(have: readonly number[], want: readonly (number | null)[]): boolean {
  return have.length === want.length && want.every((dim, axis) => dim === null || dim === have[axis]);
}

function mend(have: readonly number[], want: readonly (number | null)[]): string {
  const [channels] = want;
  if (have.length !== 3 || want.length !== 3) return 'choose a data set or a model that fits the other';
  if (channels !== null && channels !== 1 && channels !== 3) {
    return 'the model wants its channels last, and examples have them first: export it with channels first';
  }
  return `give ${conversionFlags(have, want)} to convert`;
}

/**
 * The flags that bring images of one shape to another, such as `--resize 32x32 --channels 3` (width, then height).
 * @param have `[channels, height, width]`
 * @param want the same, null where any size will do
 */
export function conversionFlags(have: readonly number[], want: readonly (number | null)[]): string {
  const [channels, height, width] = have.map((dim, axis) => want[axis] ?? dim) as [number, number, number];
  const flags: string[] = [];
  if (height !== have[1] || width !== have[2]) flags.push(`--resize ${width}x${height}`);
  if (channels !== have[0]) flags.push(`--channels ${channels}`);
  return flags.join(' ');
}
