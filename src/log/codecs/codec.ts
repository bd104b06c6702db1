/** What a codec of layer deltas is. One file per codec, one line in the registry. */
import type { LayerLayout } from '../format/layer.js';

/** Encodes one layer's deltas step after step; what it carries from step to step is its residual. */
export interface Encoder {
  /**
   * Encodes the next step.
   * @param delta `layout.size` elements
   * @returns the payload: a view that the next call overwrites
   * @throws InputError when the codec cannot hold the numbers (a lossy codec needs finite ones)
   */
  encode(delta: Float32Array): Uint8Array;
  /**
   * The residual, live: the sum of all deltas so far minus the sum of what they decode to, to within float32
   * rounding. Undefined for a lossless codec.
   */
  readonly residual: Float32Array | undefined;
}

/** The weight's rows as they are stored, for whoever computes with them in place; row i is scale_i · elements. */
export interface StoredRows {
  readonly form: 'rows';
  readonly type: 'int8' | 'float16' | 'float32';
  /** A scale for each row of the weight; rows of scale 0 did not move, and have no elements. */
  readonly scales: Float32Array;
  /** The elements of all other rows, row after row: a view of the payload. */
  readonly bytes: Uint8Array;
  /** Updates of the layer's other tensors. */
  readonly others: Float32Array;
}

/** The weight's update as outer products: Σ_j (leftScales_j · left_j)ᵀ (rightScales_j · right_j), with row j of each. */
export interface StoredFactors {
  readonly form: 'factors';
  /** Number of outer products; 0 where the weight did not move. */
  readonly rank: number;
  /** [rank] */
  readonly leftScales: Float32Array;
  /** [rank] */
  readonly rightScales: Float32Array;
  /** [rank, rows] */
  readonly left: Int8Array;
  /** [rank, columns] */
  readonly right: Int8Array;
  /** Updates of the layer's other tensors. */
  readonly others: Float32Array;
}

/** What a payload holds, as it is stored. */
export type StoredParts = StoredRows | StoredFactors;

/** How what a lossy codec owes is stored: to the bit, or as whole numbers of 16 bits times a scale for each row. */
export type ResidualForm = 'float32' | 'int16';

/** A way of writing a layer's delta down, as readers see it. */
export interface Codec {
  /** Name in records, and on the command line. */
  readonly name: string;
  /** Raised when the payload's layout changes; a reader refuses versions it does not know. */
  readonly version: number;
  /** True when decoding gives back every bit, and there is no residual. */
  readonly lossless: boolean;
  /** Of a lossy codec, how its residual is stored: float32 by default. */
  readonly residual?: ResidualForm;
  /**
   * Decodes one payload into `out`, all of whose `layout.size` elements it sets. Stateless.
   * @throws InputError when the payload has not the layer's shape
   */
  decode(payload: Uint8Array, layout: LayerLayout, out: Float32Array): void;
  /** What `parts` gives. */
  readonly form?: StoredParts['form'];
  /**
   * The numbers of one payload as they are stored, for layers whose first tensor is a matrix (`layout.matrix`); nothing of the
   * weight's size is computed. Without it, readers decode.
   * @throws InputError when the payload has not the layer's shape
   */
  parts?(payload: Uint8Array, layout: LayerLayout): StoredParts;
  /** Bytes of a payload that must be reckoned with, so that a chunk of compressed ones is bounded too. */
  usualBytes?(layout: LayerLayout): number;
  /** Largest payload in bytes, so that a reader never sets aside more for a record than it can need. */
  maxBytes(layout: LayerLayout): number;
}

/** A codec that encodes dense deltas. */
export interface EncodingCodec extends Codec {
  /**
   * An encoder for one layer.
   * @param residual what a stopped log ended with; the encoder continues from it and keeps the array
   */
  encoder(layout: LayerLayout, residual?: Float32Array): Encoder;
}

/** A payload whose numbers can be looked at in place: typed arrays need a start that is a multiple of their width. */
export function aligned(payload: Uint8Array): Uint8Array {
  return payload.byteOffset % 4 === 0 ? payload : new Uint8Array(payload);
}
