/**
 * Rows of scaled small numbers with error feedback: what float16 and int8 have in common.
 *
 * Payload: a float32 scale for each row, then the elements of every row whose scale is not 0, row after row. Rows that
 * did not move (a unit that no example of the batch activates) cost their scale only, and decode to exact zeros: what
 * the residual owes them waits for their next move, so that no step is credited with what it did not do.
 */
import { InputError } from '../../errors.js';
import type { LayerLayout } from '../format/layer.js';
import type { EncodingCodec } from './codec.js';

/** Half of float32's range, so that no rounding on the way carries a number out of it. */
const LARGEST = 2 ** 127;

/** How one codec packs a row. */
export interface RowPacking<A extends Int8Array | Uint16Array> {
  readonly name: string;
  readonly version: number;
  /** The type of the packed elements, as graphs call it. */
  readonly type: 'int8' | 'float16';
  readonly array: {
    new (buffer: ArrayBufferLike, offset: number, length: number): A;
    readonly BYTES_PER_ELEMENT: number;
  };
  /** The scale for a row whose largest magnitude is `max`, from 0 to 2^127: exact in float32, finite, above 0. */
  scale(max: number): number;
  /** Packs (delta + residual) / scale from `begin` to `end` into `packed` at `at`, and leaves the error in `residual`. */
  pack(
    delta: Float32Array,
    residual: Float32Array,
    begin: number,
    end: number,
    scale: number,
    packed: A,
    at: number,
  ): void;
  /** Sets `out` from `begin` to `end` to scale times the elements of `packed` at `at`. */
  unpack(packed: A, at: number, scale: number, out: Float32Array, begin: number, end: number): void;
}

/** A codec that packs rows as told. Its error never exceeds its packing's rounding of one step, however many there were. */
export function rowCodec<A extends Int8Array | Uint16Array>(packing: RowPacking<A>): EncodingCodec {
  const { name, version, array } = packing;
  const width = array.BYTES_PER_ELEMENT;
  return {
    name,
    version,
    lossless: false,
    encoder({ size, rowEnds }, residual = new Float32Array(size)) {
      const buffer = new ArrayBuffer(4 * rowEnds.length + width * size);
      const scales = new Float32Array(buffer, 0, rowEnds.length);
      const packed = new array(buffer, 4 * rowEnds.length, size);
      return {
        residual,
        encode(delta) {
          let used = 0;
          let begin = 0;
          for (let row = 0; row < rowEnds.length; row++) {
            const end = rowEnds[row]!;
            scales[row] = 0;
            if (moved(delta, begin, end)) {
              const scale = packing.scale(largestSum(delta, residual, begin, end, name));
              packing.pack(delta, residual, begin, end, scale, packed, used);
              scales[row] = scale;
              used += end - begin;
            }
            begin = end;
          }
          return new Uint8Array(buffer, 0, 4 * rowEnds.length + width * used);
        },
      };
    },
    decode(payload, layout, out) {
      const { scales, elements } = open(payload, layout);
      unpackRows(scales, elements, { ...layout, firstRow: 0, begin: 0 }, out);
    },
    form: 'rows',
    parts(payload, layout) {
      const { scales, elements } = open(payload, layout);
      const { rows, columns } = layout.matrix!;
      let moving = 0;
      for (let row = 0; row < rows; row++) if (scales[row] !== 0) moving++;
      const weight = width * moving * columns;
      const begin = rows * columns;
      const others = new Float32Array(layout.size - begin);
      unpackRows(scales, elements.subarray(weight), { ...layout, firstRow: rows, begin }, others);
      return {
        form: 'rows',
        type: packing.type,
        scales: scales.subarray(0, rows),
        bytes: elements.subarray(0, weight),
        others,
      };
    },
    usualBytes: ({ size, rowEnds }) => 4 * rowEnds.length + width * size,
    maxBytes: ({ size, rowEnds }) => 4 * rowEnds.length + width * size,
  };

  /** A payload's scales, and the bytes of its elements. */
  function open(payload: Uint8Array, layout: LayerLayout): { scales: Float32Array; elements: Uint8Array } {
    const { scales, used } = readScales(payload, layout);
    const head = 4 * scales.length;
    const expected = head + width * used;
    if (payload.length !== expected) throw new InputError(`${payload.length} bytes of ${name}, expected ${expected}`);
    return { scales, elements: payload.subarray(head) };
  }

  /** Sets `out` to the rows from `firstRow` on, whose first element is `begin` of the flat delta. */
  function unpackRows(
    scales: Float32Array,
    bytes: Uint8Array,
    { rowEnds, firstRow, begin }: Pick<LayerLayout, 'rowEnds'> & { readonly firstRow: number; readonly begin: number },
    out: Float32Array,
  ): void {
    // Typed arrays need a start that is a multiple of their width; a view into a frame rarely has one.
    const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
    const packed = new array(buffer, byteOffset, bytes.length / width);
    let at = 0;
    let from = 0;
    for (let row = firstRow; row < scales.length; row++) {
      const to = rowEnds[row]! - begin;
      const scale = scales[row]!;
      if (scale === 0) {
        out.fill(0, from, to);
      } else {
        packing.unpack(packed, at, scale, out, from, to);
        at += to - from;
      }
      from = to;
    }
  }
}

function moved(delta: Float32Array, begin: number, end: number): boolean {
  for (let i = begin; i < end; i++) if (delta[i] !== 0) return true;
  return false;
}

/** Largest |delta + residual| of a row. */
function largestSum(delta: Float32Array, residual: Float32Array, begin: number, end: number, codec: string): number {
  let largest = 0;
  // Math.max, unlike a comparison, lets NaN through to the check.
  for (let i = begin; i < end; i++) largest = Math.max(largest, Math.abs(delta[i]! + residual[i]!));
  if (largest <= LARGEST) return largest;
  throw new InputError(`an update of ${largest}, beyond what ${codec} can hold; lower the learning rate`);
}

function readScales(bytes: Uint8Array, { rowEnds }: LayerLayout): { scales: Float32Array; used: number } {
  const count = rowEnds.length;
  if (bytes.length < 4 * count) throw new InputError(`${bytes.length} bytes, too few for ${count} row scales`);
  const scales = new Float32Array(new Uint8Array(bytes.subarray(0, 4 * count)).buffer);
  let used = 0;
  for (let row = 0; row < count; row++) {
    if (scales[row] !== 0) used += rowEnds[row]! - (row > 0 ? rowEnds[row - 1]! : 0);
  }
  return { scales, used };
}
