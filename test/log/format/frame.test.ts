import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createFrameDecoder, encodeFrame, FRAME_OVERHEAD, FrameError } from '../../../src/log/format/frame.js';

/** CRC-32C bit by bit, straight from its polynomial. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A frame as TensorFlow's `tfrecord` documentation describes it. */
function referenceFrame(payload: Uint8Array): Buffer {
  const masked = (bytes: Uint8Array) => {
    const crc = BigInt(crc32c(bytes));
    return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
  };
  const frame = Buffer.alloc(payload.length + 16);
  frame.writeBigUInt64LE(BigInt(payload.length), 0);
  frame.writeUInt32LE(masked(frame.subarray(0, 8)), 8);
  frame.set(payload, 12);
  frame.writeUInt32LE(masked(payload), 12 + payload.length);
  return frame;
}

function decode(bytes: Uint8Array, pieces = [bytes.length]): { payloads: string[]; error?: FrameError } {
  const decoder = createFrameDecoder('x.log');
  const payloads: string[] = [];
  try {
    let at = 0;
    for (const piece of pieces) {
      for (const { payload } of decoder.push(bytes.slice(at, at + piece)))
        payloads.push(Buffer.from(payload).toString('hex'));
      at += piece;
    }
    decoder.end();
    return { payloads };
  } catch (error) {
    return { payloads, error: error as FrameError };
  }
}

const payloadsOf = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 });
const hex = (payloads: Uint8Array[]) => payloads.map((payload) => Buffer.from(payload).toString('hex'));

test('the reference checksum is CRC-32C', () => {
  // The check value that every catalogue of CRCs gives.
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('a frame is the TFRecord of its payload', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
      expect(Buffer.from(encodeFrame(payload)).equals(referenceFrame(payload))).toBe(true);
      expect(encodeFrame(payload)).toHaveLength(payload.length + FRAME_OVERHEAD);
    }),
  );
});

test('frames come out whole however the file is cut into pieces', () => {
  fc.assert(
    fc.property(payloadsOf, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }), (payloads, pieces) => {
      const bytes = Buffer.concat(payloads.map(encodeFrame));
      expect(decode(bytes, [...pieces, bytes.length])).toEqual({ payloads: hex(payloads) });
    }),
  );
});

test('a file cut at any byte yields its whole frames and says where the torn one begins', () => {
  const payloads = [Buffer.from('one'), Buffer.alloc(0), Buffer.from('three and more')];
  const frames = payloads.map(encodeFrame);
  const bytes = Buffer.concat(frames);
  for (let length = 0; length < bytes.length; length++) {
    let whole = 0;
    let end = 0;
    while (end + frames[whole]!.length <= length) end += frames[whole++]!.length;
    const { payloads: found, error } = decode(bytes.subarray(0, length));
    expect(found).toEqual(hex(payloads.slice(0, whole)));
    if (end === length) expect(error).toBeUndefined();
    else
      expect(error).toMatchObject({
        kind: 'truncated',
        offset: end,
        message: expect.stringContaining(`x.log: byte ${end}: `),
      });
  }
});

test('a flipped bit anywhere is found, and the frames before it are kept', () => {
  fc.assert(
    fc.property(payloadsOf, fc.nat(), fc.nat({ max: 7 }), (payloads, place, bit) => {
      const frames = payloads.map(encodeFrame);
      const bytes = Buffer.concat(frames);
      const flipped = place % bytes.length;
      bytes[flipped]! ^= 1 << bit;
      let whole = 0;
      let end = 0;
      while (end + frames[whole]!.length <= flipped) end += frames[whole++]!.length;
      const { payloads: found, error } = decode(bytes, [7, bytes.length]);
      expect(found).toEqual(hex(payloads.slice(0, whole)));
      expect(error).toMatchObject({ kind: 'corrupt', offset: end });
    }),
  );
});

describe('lengths that cannot be', () => {
  const endless = Buffer.alloc(12);
  endless.writeBigUInt64LE(2n ** 52n);
  endless.set(referenceFrame(endless.subarray(0, 8)).subarray(20, 24), 8);

  test('are corrupt where a bound is known', () => {
    const decoder = createFrameDecoder('x.log', { maxPayload: 1000 });
    expect(() => [...decoder.push(endless)]).toThrow(
      'x.log: byte 0: a frame of 4503599627370496 bytes, where at most 1000',
    );
  });

  test('cost no memory where none is', () => {
    expect(decode(Buffer.concat([endless, Buffer.alloc(100)])).error).toMatchObject({ kind: 'truncated', offset: 0 });
  });
});
