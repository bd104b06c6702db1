/**
 * A few outer products for a layer's weight: what one batch does to a large matrix is mostly of low rank. The training graph
 * itself finds the factors, so that the dense update stays inside ([Vogels et al. 2019], without error feedback: what a step
 * loses is never credited to a later one, but goes into the residual).
 */
import { InputError } from '../../errors.js';
import type { LayerLayout } from '../format/layer.js';
import { aligned, type Codec } from './codec.js';

/** An update in factors: the weight's is Σ_j (leftScales_j · left_j)ᵀ (rightScales_j · right_j), with row j of each. */
export interface LowRankParts {
  /** Number of outer products; 0 where the weight did not move. */
  readonly rank: number;
  /** ‖Δ − decoded‖ / ‖Δ‖ of the weight in this step; 0 where it did not move. */
  readonly lost: number;
  /** [rank], finite and at least 0. */
  readonly leftScales: Float32Array;
  /** [rank], finite and at least 0. */
  readonly rightScales: Float32Array;
  /** Updates of the layer's other tensors, exact. */
  readonly others: Float32Array;
  /** [rank, rows] */
  readonly left: Int8Array;
  /** [rank, columns] */
  readonly right: Int8Array;
}

const NAME = 'lowrank';

/** Bytes before the scales: rank and lost share. */
const HEAD_BYTES = 8;

/** A layer's shape as factors see it. */
interface FactoredShape {
  readonly rows: number;
  readonly columns: number;
  /** Elements of the tensors behind the weight. */
  readonly others: number;
}

function shapeOf({ size, matrix }: LayerLayout): FactoredShape {
  if (!matrix) throw new InputError(`${NAME} of a layer whose weight is no matrix`);
  return { ...matrix, others: size - matrix.rows * matrix.columns };
}

function bytesOf(rank: number, { rows, columns, others }: FactoredShape): number {
  return HEAD_BYTES + 4 * (2 * rank + others) + rank * (rows + columns);
}

/** Bytes of a payload of that rank. */
export function lowRankBytes(rank: number, layout: LayerLayout): number {
  return bytesOf(rank, shapeOf(layout));
}

/** Factors as a payload. The caller answers for their sizes and numbers. */
export function encodeLowRank(parts: LowRankParts, layout: LayerLayout): Uint8Array {
  const { rank, lost, leftScales, rightScales, others, left, right } = parts;
  const payload = new Uint8Array(lowRankBytes(rank, layout));
  new Uint32Array(payload.buffer, 0, 1)[0] = rank;
  let at = 4;
  for (const part of [Float32Array.of(lost), leftScales, rightScales, others, left, right]) {
    payload.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return payload;
}

/**
 * Reads a payload's factors.
 * @returns views of the payload, or of a copy where that does not begin at a multiple of four bytes
 * @throws InputError when the payload has not the layer's shape, or a number in it makes no sense
 */
export function lowRankParts(payload: Uint8Array, layout: LayerLayout): LowRankParts {
  const shape = shapeOf(layout);
  if (payload.length < HEAD_BYTES) throw new InputError(`${payload.length} bytes of ${NAME}, too few for a rank`);
  const { buffer, byteOffset } = aligned(payload);
  const rank = new Uint32Array(buffer, byteOffset, 1)[0]!;
  const most = Math.min(shape.rows, shape.columns);
  if (rank > most) throw new InputError(`${NAME} of rank ${rank}, where at most ${most} is possible`);
  const expected = bytesOf(rank, shape);
  if (payload.length !== expected) throw new InputError(`${payload.length} bytes of ${NAME}, expected ${expected}`);

  let at = byteOffset + 4;
  const floats = (count: number) => {
    const view = new Float32Array(buffer, at, count);
    at += 4 * count;
    return view;
  };
  const bytes = (count: number) => {
    const view = new Int8Array(buffer, at, count);
    at += count;
    return view;
  };
  const lost = floats(1)[0]!;
  const [leftScales, rightScales, others] = [floats(rank), floats(rank), floats(shape.others)];
  const [left, right] = [bytes(rank * shape.rows), bytes(rank * shape.columns)];
  for (const value of [lost, ...leftScales, ...rightScales]) {
    if (!(value >= 0 && value < Infinity)) throw new InputError(`${NAME} with a scale or share of ${value}`);
  }
  return { rank, lost, leftScales, rightScales, others, left, right };
}

/**
 * The update of the weight is a sum of outer products of int8 vectors; those of all other tensors are exact. Its residual says how
 * far from the weights all updates are, and nothing is made of it but that, so that 16 bits an element do.
 */
export const lowrank: Codec = {
  name: NAME,
  version: 2,
  lossless: false,
  residual: 'int16',
  decode(payload, layout, out) {
    const { rank, leftScales, rightScales, others, left, right } = lowRankParts(payload, layout);
    const { rows, columns } = shapeOf(layout);
    const row = new Float64Array(columns);
    for (let a = 0; a < rows; a++) {
      row.fill(0);
      for (let j = 0; j < rank; j++) {
        const factor = leftScales[j]! * left[j * rows + a]! * rightScales[j]!;
        if (factor === 0) continue;
        const offset = j * columns;
        for (let b = 0; b < columns; b++) row[b]! += factor * right[offset + b]!;
      }
      out.set(row, a * columns);
    }
    out.set(others, rows * columns);
  },
  form: 'factors',
  parts: (payload, layout) => ({ form: 'factors', ...lowRankParts(payload, layout) }),
  usualBytes: (layout) => bytesOf(1, shapeOf(layout)),
  maxBytes: (layout) => {
    const shape = shapeOf(layout);
    return bytesOf(Math.min(shape.rows, shape.columns), shape);
  },
};

/** Whose residual is float32. Its factors were found in another way, and read the same. */
export const firstLowrank: Codec = { ...lowrank, version: 1, residual: 'float32' };
