/**
 * TFRecord frames: u64 length, masked CRC-32C of it, payload, masked CRC-32C of the payload; all little-endian.
 * The framing of TensorFlow's record files, so that any reader of those can walk a log.
 */
import { crc32c } from '@node-rs/crc32';
import { InputError } from '../../errors.js';

const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;

/** What a frame adds to its payload, in bytes. */
export const FRAME_OVERHEAD = HEADER_BYTES + FOOTER_BYTES;

/** A whole frame found in a file. */
export interface Frame {
  /** Byte offset of the frame in its file. */
  readonly offset: number;
  /** Length of the whole frame in bytes. */
  readonly bytes: number;
  /** A view into what was pushed, not a copy, wherever the frame came in one piece. */
  readonly payload: Uint8Array;
}

/** A file that is not a sequence of whole frames. */
export class FrameError extends InputError {
  /**
   * @param file what messages call the file
   * @param kind `truncated`: the file ends inside a frame (a torn tail); `corrupt`: the bytes are not those written
   * @param offset byte offset of the frame
   */
  constructor(
    file: string,
    readonly kind: 'truncated' | 'corrupt',
    readonly offset: number,
    reason: string,
  ) {
    super({ file, place: `byte ${offset}`, problem: reason, mend: 'restore the file from a copy' });
  }
}

/** TensorFlow masks checksums, because a CRC of data that holds CRCs is weak. */
function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Header and footer of the frame whose payload is `parts` joined: write header, parts, footer. */
export function frameAround(parts: readonly Uint8Array[]): { header: Uint8Array; footer: Uint8Array } {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  const footer = Buffer.allocUnsafe(FOOTER_BYTES);
  let length = 0;
  let crc = 0;
  for (const part of parts) {
    length += part.length;
    crc = crc32c(part, crc);
  }
  header.writeUInt32LE(length >>> 0, 0);
  header.writeUInt32LE(Math.floor(length / 2 ** 32), 4);
  header.writeUInt32LE(mask(crc32c(header.subarray(0, 8))), 8);
  footer.writeUInt32LE(mask(crc), 0);
  return { header, footer };
}

/**
 * Whether a file that begins with these bytes is one of frames, as far as they tell: it may be empty, or have ended in the
 * middle of the first frame's header.
 * @param bytes the first twelve, or all that there are
 */
export function beginsWithFrame(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return true;
  const buffer = asBuffer(bytes);
  return buffer.readUInt32LE(8) === mask(crc32c(buffer.subarray(0, 8)));
}

/** One payload as a frame. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  const { header, footer } = frameAround([payload]);
  return Buffer.concat([header, payload, footer]);
}

/** Finds frames in a file that comes in pieces of any size. */
export interface FrameDecoder {
  /** Byte offset up to which the file held whole, sound frames. */
  readonly offset: number;
  /**
   * Takes the file's next bytes and yields the frames that they complete, one by one: run it to its end. Keeps views of
   * `chunk`, so hand it over.
   * @throws FrameError `corrupt` at the first frame that fails its checksum, after the frames before it
   */
  push(chunk: Uint8Array): Iterable<Frame>;
  /** Says that the file ended. @throws FrameError `truncated` when it ended inside a frame */
  end(): void;
}

/**
 * A decoder for the frames of one file. It never sets aside memory for a length that it only read: it holds what was
 * pushed and not yet returned, nothing else.
 * @param file what messages call the file
 * @param options `offset`: where in the file the first pushed byte stands; `maxPayload`: a longer frame is corrupt
 */
export function createFrameDecoder(file: string, options: { offset?: number; maxPayload?: number } = {}): FrameDecoder {
  const { maxPayload = Infinity } = options;
  let offset = options.offset ?? 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let neededBytes = HEADER_BYTES;

  const corrupt = (reason: string) => new FrameError(file, 'corrupt', offset, reason);

  function frameLength(buffer: Buffer, at: number): number {
    if (buffer.readUInt32LE(at + 8) !== mask(crc32c(buffer.subarray(at, at + 8)))) {
      throw corrupt("a frame's length fails its checksum");
    }
    const length = buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
    if (length > maxPayload) throw corrupt(`a frame of ${length} bytes, where at most ${maxPayload} are possible`);
    return length;
  }

  return {
    get offset() {
      return offset;
    },
    *push(chunk) {
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes < neededBytes) return;
      const buffer = pending.length === 1 ? asBuffer(chunk) : Buffer.concat(pending);
      let at = 0;
      for (;;) {
        neededBytes = HEADER_BYTES;
        if (buffer.length - at < neededBytes) break;
        const length = frameLength(buffer, at);
        neededBytes = HEADER_BYTES + length + FOOTER_BYTES;
        if (buffer.length - at < neededBytes) break;
        const end = at + HEADER_BYTES + length;
        const payload = buffer.subarray(at + HEADER_BYTES, end);
        if (buffer.readUInt32LE(end) !== mask(crc32c(payload))) throw corrupt("a frame's content fails its checksum");
        const frame = { offset, bytes: neededBytes, payload };
        at += neededBytes;
        offset += neededBytes;
        yield frame;
      }
      pending = at < buffer.length ? [buffer.subarray(at)] : [];
      pendingBytes = buffer.length - at;
    },
    end() {
      if (pendingBytes > 0) throw new FrameError(file, 'truncated', offset, 'the file ends inside a frame');
    },
  };
}
