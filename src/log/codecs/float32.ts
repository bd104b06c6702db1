/** Lossless: every element as it is. */
import { InputError } from '../../errors.js';
import type { EncodingCodec } from './codec.js';

/** Payload: `size` little-endian float32. */
export const float32: EncodingCodec = {
  name: 'float32',
  version: 1,
  lossless: true,
  encoder: () => ({
    encode: (delta) => new Uint8Array(delta.buffer, delta.byteOffset, delta.byteLength),
    residual: undefined,
  }),
  decode(payload, { size }, out) {
    if (payload.length !== 4 * size) throw new InputError(`${payload.length} bytes of float32, expected ${4 * size}`);
    new Uint8Array(out.buffer, out.byteOffset, 4 * size).set(payload);
  },
  form: 'rows',
  parts(payload, { size, matrix }) {
    if (payload.length !== 4 * size) throw new InputError(`${payload.length} bytes of float32, expected ${4 * size}`);
    const weight = 4 * matrix!.rows * matrix!.columns;
    return {
      form: 'rows',
      type: 'float32',
      scales: new Float32Array(matrix!.rows).fill(1),
      bytes: payload.subarray(0, weight),
      others: new Float32Array(new Uint8Array(payload.subarray(weight)).buffer),
    };
  },
  usualBytes: ({ size }) => 4 * size,
  maxBytes: ({ size }) => 4 * size,
};
