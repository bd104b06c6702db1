/** Whether stored bytes are pixels, which are fed normalised, or numbers, which are fed as they are. */
import { elementCount } from '../tensor.js';
import type { Notice } from '../progress.js';
import { descriptionFingerprint } from './fingerprint.js';
import { arrayReader, sourceFingerprint } from './resize.js';
import type { Preprocessing } from './preprocessing.js';
import { shapeText } from './printable.js';
import type { Source } from './source.js';

/**
 * A source whose element type says how it is fed: `uint8` for pixels, `float32` for numbers. Bytes are pixels in pictures,
 * and wherever `mean` or `std` is given; any other bytes are numbers.
 * @param shown the data set, for the notice
 */
export async function pixelsOrNumbers(
  source: Source,
  shown: string,
  { mean, std }: Preprocessing,
  notice: Notice,
): Promise<Source> {
  if (source.elementType !== 'uint8') {
    if (mean || std)
      notice(`${shown}: examples are numbers, which are fed as they are: \`mean\` and \`std\` are for pixels`);
    return source;
  }
  if (mean || std) return source;
  const isBinary = source.examples instanceof Uint8Array && source.examples.every((value) => value <= 1);
  if (arePixels(source)) {
    if (isBinary) {
      notice(
        `${shown}: all pixels are 0 or 1, and are fed as pixels, divided by 255; ` +
          'give `mean` 0 and `std` 1/255 to feed them as they are',
      );
    }
    return source;
  }
  if (!isBinary) {
    notice(
      `${shown}: examples of ${shapeText(source.shape)} bytes are not pictures, so they are fed as numbers from 0 to 255; ` +
        'give `mean` 0 and `std` 1 to feed them as pixels, divided by 255',
    );
  }
  return asNumbers(source);
}

/** Pictures, and what has two or four channels, which are pictures that cannot be shown. */
function arePixels({ kind, shape }: Source): boolean {
  return kind === 'image' || (shape.length === 3 && shape[0]! <= 4);
}

/** The same numbers as floats, under another fingerprint. */
async function asNumbers(source: Source): Promise<Source> {
  const { examples } = source;
  const size = elementCount(source.shape);
  const fingerprint = descriptionFingerprint([await sourceFingerprint(source), 'numbers']);
  const read = typeof examples === 'function' ? examples : arrayReader(examples, size);
  return {
    ...source,
    elementType: 'float32',
    fingerprint,
    examples: async (index, target) => {
      const bytes = new Uint8Array(size);
      await read(index, bytes);
      target.set(bytes);
    },
  };
}
