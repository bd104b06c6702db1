/** An array as the examples of a data set. */
import { InputError } from '../../errors.js';
import type { Notice } from '../../progress.js';
import { elementCount } from '../../tensor.js';
import type { ExampleArray } from '../dataset.js';
import { channelAxisFirst } from '../pictures/pictures.js';
import { countText, printable, shapeText } from '../printable.js';
import type { Source } from '../source.js';
import { isText, type NpyArray } from './decode.js';

type Examples = Pick<Source, 'shape' | 'elementType' | 'kind' | 'channelsLast'> & { readonly data: ExampleArray };

/** Bytes stay bytes, every other number becomes a float32; images get their channel axis first. */
export function asExamples(
  { shape: [length, ...dims], type, data }: NpyArray,
  where: string,
  notice: Notice,
): Examples {
  if (isText(data) || !length || dims.length === 0 || dims.includes(0)) {
    throw new InputError(`${where}: expected numbers of shape [examples, …] and at least one example`);
  }
  const isByte = type === 'u1';
  const elements = isByte ? (data as Uint8Array) : toFloats(data, where, elementCount(dims));
  const elementType = isByte ? 'uint8' : 'float32';
  // What has only black and white, or 256 shades, is a picture; a matrix of other numbers may be anything.
  if (dims.length === 2 && (isByte || type === 'b1')) {
    return { shape: [1, ...dims], elementType, kind: 'image', data: elements };
  }
  const place = dims.length === 3 ? channelAxis(dims, isByte) : undefined;
  if (place === undefined) return { shape: dims, elementType, kind: 'vector', data: elements };
  const [first, , last] = dims as [number, number, number];
  const kind = isShown(place === 'first' ? first : last) ? 'image' : 'vector';
  if (place === 'first') {
    if (isShown(last) && last > 1 && first > 1) {
      notice(
        `${where}: ${shapeText(dims)} is taken for ${first} channels of ${dims[1]!}×${last} pixels, channels first`,
      );
    }
    return { shape: dims, elementType, kind, data: elements };
  }
  const shape = [last, first, dims[1]!];
  return { shape, elementType, kind, channelsLast: true, data: channelAxisFirst(elements, shape) };
}

const isShown = (channels: number): boolean => channels === 1 || channels === 3;

/** Where the channels stand: 1 or 3 of them; among bytes, which are pixels, also 2 or 4 (transparency, near infrared). */
function channelAxis([first, , last]: readonly number[], isByte: boolean): 'first' | 'last' | undefined {
  if (isShown(first!)) return 'first';
  if (isShown(last!)) return 'last';
  if (!isByte) return undefined;
  return first! <= 4 ? 'first' : last! <= 4 ? 'last' : undefined;
}

function toFloats(data: Exclude<NpyArray['data'], string[]>, where: string, size: number): Float32Array {
  const floats = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number | bigint>, Number);
  for (let i = 0; i < floats.length; i++) {
    if (!Number.isFinite(floats[i]!)) {
      throw new InputError(
        `${where}: example ${countText(Math.floor(i / size))} holds ${printable(String(data[i]))} at position ${i % size}; ` +
          'replace what is not a finite number',
      );
    }
  }
  return floats;
}
