/** Examples at another size or with other channels than they are stored with. */
import { InputError } from '../errors.js';
import { elementCount } from '../tensor.js';
import type { ExampleArray, Size } from './dataset.js';
import { contentFingerprint, bytesOf, descriptionFingerprint } from './fingerprint.js';
import { toPicture, toPlanes, withChannels } from './pictures/pictures.js';
import type { Preprocessing } from './preprocessing.js';
import { shapeText } from './printable.js';
import { resample } from './pictures/resample.js';
import type { ReadExample, Source } from './source.js';

const LARGEST_SIDE = 16_384;

/** @throws InputError when images cannot be brought to this size */
export function checkSize(size: Size | undefined): void {
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1 && side <= LARGEST_SIDE;
  if (!size || (isSide(size.height) && isSide(size.width))) return;
  throw new InputError(`\`resize\` ${size.width}x${size.height}: expected sides from 1 to ${LARGEST_SIDE} pixels`);
}

/** Reads single examples out of an array that holds them all. */
export function arrayReader(all: ExampleArray, size: number): ReadExample {
  return (index, target) => {
    target.set(all.subarray(index * size, (index + 1) * size));
    return Promise.resolve();
  };
}

/**
 * A source whose images have the size and channels asked for; the source itself when they have already.
 * @throws InputError when its examples are no 8-bit images
 */
export async function resized(source: Source, shown: string, { resize, channels }: Preprocessing): Promise<Source> {
  if (!resize && !channels) return source;
  if (source.kind !== 'image' || source.elementType !== 'uint8') {
    throw new InputError(`${shown}: \`resize\` and \`channels\` need 8-bit images, and its examples are none`);
  }
  const [depth, height, width] = source.shape as [1 | 3, number, number];
  const shape = [channels ?? depth, resize?.height ?? height, resize?.width ?? width];
  if (shapeText(shape) === shapeText(source.shape)) return source;

  const { examples } = source;
  const size = elementCount(source.shape);
  const read = typeof examples === 'function' ? examples : arrayReader(examples, size);
  const fingerprint = await sourceFingerprint(source);
  return {
    ...source,
    shape,
    fingerprint: descriptionFingerprint([fingerprint, shapeText(shape)]),
    examples: async (index, target) => {
      const stored = new Uint8Array(size);
      await read(index, stored);
      const picture = withChannels(toPicture(stored, source.shape), channels ?? depth);
      toPlanes(resize ? resample(picture, resize) : picture, target);
    },
  };
}

/** The source's own fingerprint, or that of its contents. */
export async function sourceFingerprint({
  shape,
  elementType,
  labels,
  examples,
  fingerprint,
}: Source): Promise<string> {
  if (fingerprint !== undefined) return fingerprint;
  if (typeof examples === 'function') throw new TypeError('a source that reads on demand has to give its fingerprint');
  return contentFingerprint(shape, elementType, labels, [bytesOf(examples)]);
}
