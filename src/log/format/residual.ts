/** What a lossy codec owes at the end of a segment, to bytes and back. */
import { InputError } from '../../errors.js';
import type { ResidualForm } from '../codecs/codec.js';
import { onnx_explain } from '../gen/delta-log.js';
import type { LayerLayout } from './layer.js';
import { parse } from './parse.js';
import { checkOrigin, type ExpectedRecord } from './records.js';

const proto = onnx_explain.log;

/** Largest int16 that is used, so that levels are symmetric about 0. */
const LEVELS = 32767;

/** Half of float32's range, so that no rounding on the way carries a number out of it. */
const LARGEST = 2 ** 127;

/** Smallest normal float32: below it, a scale would itself be rounded coarsely. */
const SMALLEST_SCALE = 2 ** -126;

/** What storing a residual takes of each element at most. @param largest magnitude in it */
export function residualRounding(form: ResidualForm, largest: number): number {
  // A scale is off by at most 2^-24 of itself, which takes half a thousandth of a level from the largest element.
  return form === 'int16' && largest > 0 ? (0.502 * largest) / LEVELS + SMALLEST_SCALE : 0;
}

/**
 * A residual as a payload.
 * @throws InputError when a number in it is none, or too large, where the form has no word for that
 */
export function encodeResidual(
  { step, origin }: ExpectedRecord,
  values: Float32Array,
  form: ResidualForm,
  layout: LayerLayout,
): Uint8Array {
  const stored = form === 'int16' ? inLevels(values, layout) : { values: bytesOf(values) };
  return proto.LayerResidual.encode(new proto.LayerResidual({ step, origin, ...stored })).finish();
}

/** Rows as whole numbers times a scale; rows of zeros have the scale 0. */
function inLevels(values: Float32Array, { rowEnds }: LayerLayout) {
  const scales = new Float32Array(rowEnds.length);
  const levels = new Int16Array(values.length);
  let begin = 0;
  rowEnds.forEach((end, row) => {
    let largest = 0;
    // Math.max lets NaN through.
    for (let i = begin; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
    if (!(largest <= LARGEST)) throw new InputError(`a residual of ${largest} cannot be stored`);
    if (largest > 0) {
      const scale = Math.max(Math.fround(largest / LEVELS), SMALLEST_SCALE);
      scales[row] = scale;
      for (let i = begin; i < end; i++) levels[i] = Math.round(values[i]! / scale);
    }
    begin = end;
  });
  return { values: bytesOf(levels), scales: bytesOf(scales) };
}

/** A residual as it is stored. */
export type StoredResidual =
  | { readonly form: 'float32'; readonly values: Float32Array }
  /** Row i is scales_i · its levels; a scale of 0 says that there is nothing but zeros. */
  | { readonly form: 'int16'; readonly levels: Int16Array; readonly scales: Float32Array };

/**
 * The residual after a step, as it is stored.
 * @returns views of the payload, where numbers of their width may begin there
 * @throws InputError when the payload is not that step's, or not of the layer's shape, or a number in it makes no sense
 */
export function storedResidual(payload: Uint8Array, expected: ExpectedRecord, layout: LayerLayout): StoredResidual {
  const message = parse(payload, 'residual', (bytes) => proto.LayerResidual.decode(bytes));
  checkOrigin(message, expected.origin);
  const { step, values, scales } = message;
  if (step !== expected.step) throw new InputError(`residual of step ${step}, expected step ${expected.step}`);
  const { size, rowEnds } = layout;
  const width = scales.length > 0 ? 2 : 4;
  if (values.length !== width * size) {
    throw new InputError(`residual of ${values.length} bytes, expected ${width * size}`);
  }
  const { buffer, byteOffset } = values.byteOffset % 4 === 0 ? values : new Uint8Array(values);
  if (scales.length === 0) return { form: 'float32', values: new Float32Array(buffer, byteOffset, size) };
  if (scales.length !== 4 * rowEnds.length) {
    throw new InputError(`residual with ${scales.length} bytes of scales, expected ${4 * rowEnds.length}`);
  }
  const ofRows = new Float32Array(new Uint8Array(scales).buffer);
  const wrong = ofRows.find((scale) => !(scale >= 0 && scale < Infinity));
  if (wrong !== undefined) throw new InputError(`residual with a scale of ${wrong}`);
  return { form: 'int16', levels: new Int16Array(buffer, byteOffset, size), scales: ofRows };
}

/** A residual in float32: one that is stored so is not copied. */
export function widenResidual(stored: StoredResidual, { rowEnds, size }: LayerLayout): Float32Array {
  if (stored.form === 'float32') return stored.values;
  const { levels, scales } = stored;
  const values = new Float32Array(size);
  let begin = 0;
  rowEnds.forEach((end, row) => {
    const scale = scales[row]!;
    for (let i = begin; i < end; i++) values[i] = levels[i]! * scale;
    begin = end;
  });
  return values;
}

/**
 * The residual after a step, in float32.
 * @throws InputError as `storedResidual`
 */
export function decodeResidual(payload: Uint8Array, expected: ExpectedRecord, layout: LayerLayout): Float32Array {
  return widenResidual(storedResidual(payload, expected, layout), layout);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
