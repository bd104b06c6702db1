/** One NumPy array in a file of its own, as `numpy.save` writes it. */
import { InputError } from '../../errors.js';
import { openBytes } from '../byte-reader.js';
import { printable, shapeText } from '../printable.js';
import { isText, readNpy, type NpyArray } from './decode.js';

/** @throws InputError when the file cannot be read, or is no NPY array of numbers or text */
export async function readNpyFile(path: string): Promise<NpyArray> {
  const { reader, size, compressed } = await openBytes(path);
  try {
    if (compressed) throw new InputError({ file: printable(path), problem: 'is compressed', mend: 'unpack it first' });
    return await readNpy(reader, size, printable(path));
  } finally {
    await reader.close();
  }
}

/**
 * Reads a list of numbers, whatever type they are stored in.
 * @throws InputError as `readNpyFile` does, and when the array holds text or has several axes
 */
export async function readNumbers(path: string): Promise<Float64Array> {
  const { data, shape } = await readNpyFile(path);
  const wrong = (problem: string) => new InputError({ file: printable(path), problem, mend: 'save a list of numbers' });
  if (isText(data)) throw wrong('holds text');
  if (shape.length !== 1) throw wrong(`has the shape [${shapeText(shape)}]`);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}
