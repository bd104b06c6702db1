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
  maxBytes: ({ size }) => 4 * size,
};
