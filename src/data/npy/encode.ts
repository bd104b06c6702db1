/** Writes NPY, the format of one NumPy array (see `decode.ts`, which reads it). */
import { elementCount, type FloatArray } from '../../tensor.js';

/** The bytes of a version 1.0 file, elements as they are held (little-endian). @throws RangeError for a wrong shape */
export function encodeNpy({ shape, data }: FloatArray): Uint8Array {
  if (elementCount(shape) !== data.length)
    throw new RangeError(`${data.length} elements are not [${shape.join(', ')}]`);
  const dims = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  const fields = `{'descr': '<f${data.BYTES_PER_ELEMENT}', 'fortran_order': False, 'shape': (${dims}), }`;
  // NumPy wants the elements to begin at a multiple of 64.
  const header = fields.padEnd(64 * Math.ceil((fields.length + 11) / 64) - 11) + '\n';
  const bytes = new Uint8Array(10 + header.length + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length & 0xff, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + header.length);
  return bytes;
}
