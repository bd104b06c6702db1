/** Steps of one layer as the log stores them, one behind the other. */
import type { StoredFactors, StoredParts, StoredRows } from '../codecs/codec.js';
import type { LayerLayout } from '../format/layer.js';

/** The arrays of rows as they are stored; whole numbers of 16 bits are those of residuals. */
export interface StoredElements {
  int8: Int8Array;
  int16: Int16Array;
  /** Bit patterns. */
  float16: Uint16Array;
  float32: Float32Array;
}

/** Decoded steps: of codecs or layers that have nothing better, or where codecs change. */
export interface DenseSteps {
  readonly form: 'dense';
  /** [count, size] */
  readonly data: Float32Array;
}

/** Steps whose weights are rows of small numbers. */
export interface RowSteps {
  readonly form: 'rows';
  readonly type: keyof StoredElements;
  /** Rows of a step, and their elements. */
  readonly rows: number;
  readonly columns: number;
  /** [count, rows]; rows of scale 0 have no elements. */
  readonly scales: Float32Array;
  /** Those of all other rows, in the order of steps and rows. */
  readonly elements: StoredElements[keyof StoredElements];
  /** [count, others] */
  readonly others: Float32Array;
}

/** Steps whose weights are outer products: of each as many as of the one that has most, the further ones of scale 0. */
export interface FactorSteps {
  readonly form: 'factors';
  readonly rank: number;
  readonly rows: number;
  readonly columns: number;
  /** [count, rank]: the product of both sides' scales. */
  readonly scales: Float32Array;
  /** [count, rank, rows] */
  readonly left: Int8Array;
  /** [count, rank, columns] */
  readonly right: Int8Array;
  /** [count, others] */
  readonly others: Float32Array;
}

/** What the steps are. */
export type StoredSteps = DenseSteps | RowSteps | FactorSteps;

/** Some steps of one layer. */
export type StoredChunk = { readonly firstStep: number; readonly count: number } & StoredSteps;

/** One step of a layer, opened. */
export interface OpenedStep {
  /** Its numbers as they are stored; undefined where its codec, or the layer, has none but decoded ones. */
  readonly parts: StoredParts | undefined;
  /** Decodes it. @param out receives `layout.size` elements */
  decode(out: Float32Array): void;
}

/**
 * Brings steps into one array each, without looking at the weights.
 * @param steps consecutive ones
 * @param room the buffer that they were read into: their elements are moved together in it, unless they were compressed
 * @param used its bytes that they were read into; what does not lie as it must is put behind them while there is room
 */
export function collectSteps(
  steps: readonly OpenedStep[],
  layout: LayerLayout,
  room: ArrayBuffer,
  used = room.byteLength,
): StoredSteps {
  const rows = steps.flatMap(({ parts }) => (parts?.form === 'rows' ? [parts] : []));
  if (rows.length === steps.length && rows.every(({ type }) => type === rows[0]!.type)) {
    return collectRows(rows, layout.matrix!, room);
  }
  const factors = steps.flatMap(({ parts }) => (parts?.form === 'factors' ? [parts] : []));
  if (factors.length === steps.length) return collectFactors(factors, layout.matrix!, room, used);
  const data = new Float32Array(steps.length * layout.size);
  steps.forEach((step, i) => step.decode(data.subarray(i * layout.size, (i + 1) * layout.size)));
  return { form: 'dense', data };
}

type Shape = NonNullable<LayerLayout['matrix']>;

const WIDTHS = { int8: 1, float16: 2, float32: 4 } as const;

function collectRows(parts: readonly StoredRows[], { rows, columns }: Shape, room: ArrayBuffer): RowSteps {
  const { type } = parts[0]!;
  const total = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const inRoom = parts.every(({ bytes }) => bytes.buffer === room);
  const only = inRoom && parts.length === 1 && parts[0]!.bytes.byteOffset % WIDTHS[type] === 0;
  // Each record stands behind those before it, so that nothing is overwritten before it was moved.
  const buffer = inRoom ? room : new ArrayBuffer(total);
  const place = only ? parts[0]!.bytes.byteOffset : 0;
  if (!only) {
    const into = new Uint8Array(buffer);
    let at = 0;
    for (const { bytes } of parts) {
      into.set(bytes, at);
      at += bytes.length;
    }
  }
  const count = total / WIDTHS[type];
  const elements =
    type === 'int8'
      ? new Int8Array(buffer, place, count)
      : type === 'float16'
        ? new Uint16Array(buffer, place, count)
        : new Float32Array(buffer, place, count);
  const scales = joined(parts.map((part) => part.scales));
  return { form: 'rows', type, rows, columns, scales, elements, others: othersOf(parts) };
}

function collectFactors(
  parts: readonly StoredFactors[],
  { rows, columns }: Shape,
  room: ArrayBuffer,
  used: number,
): FactorSteps {
  // A graph needs something to multiply: steps that did not move have one product of scale 0.
  const rank = parts.reduce((most, part) => Math.max(most, part.rank), 1);
  const count = parts.length;
  const scales = new Float32Array(count * rank);
  const needed = count * rank * (rows + columns);
  // What lies there of the chunk before is finite, and counts for nothing where a scale is 0.
  const fits = room.byteLength - used >= needed;
  const both = fits ? new Int8Array(room, used, needed) : new Int8Array(needed);
  const left = both.subarray(0, count * rank * rows);
  const right = both.subarray(left.length);
  parts.forEach((part, i) => {
    for (let j = 0; j < part.rank; j++) scales[i * rank + j] = part.leftScales[j]! * part.rightScales[j]!;
    left.set(part.left, i * rank * rows);
    right.set(part.right, i * rank * columns);
  });
  return { form: 'factors', rank, rows, columns, scales, left, right, others: othersOf(parts) };
}

const othersOf = (parts: readonly StoredParts[]) => joined(parts.map(({ others }) => others));

function joined(arrays: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}
