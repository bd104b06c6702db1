/** What a step leaves in the log, to bytes and back: step records and layer deltas. */
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { InputError } from '../../errors.js';
import type { Codec } from '../codecs/codec.js';
import { codecOf } from '../codecs/registry.js';
import { onnx_explain } from '../gen/delta-log.js';
import type { LayerLayout } from './layer.js';
import { parse } from './parse.js';

const proto = onnx_explain.log;

/** One training step, as the log keeps it. */
export interface StepRecord {
  /** Numbered from 1; step t leads from W^(t-1) to W^(t). */
  readonly step: number;
  /** Numbered from 0. */
  readonly epoch: number;
  readonly learningRate: number;
  /** The class of every example, ghosts aside; absent when the batch mixes classes. */
  readonly class?: number;
  /** Indices into the training set, in batch order. */
  readonly examples: readonly number[];
  /** Indices of the ghost examples. */
  readonly ghosts: readonly number[];
  /** Training loss of the batch before the step. */
  readonly loss: number;
}

/**
 * One step as a payload.
 * @param origin where it belongs, see `originOf`; so in all functions here
 */
export function encodeStep(record: StepRecord, origin: number): Uint8Array {
  const { examples, ghosts, ...rest } = record;
  // The generated encoder only reads the arrays.
  const lists = { examples: examples as number[], ghosts: ghosts as number[] };
  const message = new proto.StepRecord({ ...rest, ...lists, origin });
  return proto.StepRecord.encode(message).finish();
}

/** Two layers of one shape have records that only their origin tells apart. */
export function checkOrigin(message: { origin: number }, expected: number): void {
  if (message.origin === expected) return;
  throw new InputError('belongs to another layer, segment or run; restore the file from a copy');
}

/** @throws InputError when the payload is no StepRecord, or one of another log */
export function decodeStep(payload: Uint8Array, origin: number): StepRecord {
  const message = parse(payload, 'step record', (bytes) => proto.StepRecord.decode(bytes));
  checkOrigin(message, origin);
  const { step, epoch, learningRate, examples, ghosts, loss } = message;
  const record = { step, epoch, learningRate, examples, ghosts, loss };
  return typeof message.class === 'number' ? { ...record, class: message.class } : record;
}

/** Payloads below this are not worth the fixed cost of a compressor, about 50 µs. */
const COMPRESS_FROM = 4096;

/** Every so many bytes one is looked at; odd, so that every byte of a float32 gets its turn. */
const SAMPLE_STRIDE = 61;

/**
 * Whether compressing pays. Measured on a small CNN: updates without zeros shrink by 1–2 % as int8 and by 15–30 % as
 * float32, for three and thirty times the cost of all else that is done to a record. What shrinks much is zeros (dead
 * inputs, embedding rows that no example touched), so they decide.
 */
function worthCompressing(payload: Uint8Array): boolean {
  if (payload.length < COMPRESS_FROM) return false;
  let zeros = 0;
  for (let i = 0; i < payload.length; i += SAMPLE_STRIDE) if (payload[i] === 0) zeros++;
  return zeros * SAMPLE_STRIDE * 2 >= payload.length;
}

/** Finding runs, not repetitions: as small as zlib's other strategies on such data, in half the time. */
const RUNS = { level: 1, strategy: constants.Z_RLE };

/** Parts of a LayerDelta payload, to be written one after the other (so that a large delta is not copied to be joined). */
export function encodeDelta(
  { step, origin }: { step: number; origin: number },
  codec: string,
  codecVersion: number,
  encoded: Uint8Array,
): Uint8Array[] {
  const compressed = worthCompressing(encoded) ? deflateSync(encoded, RUNS) : undefined;
  const payload = compressed && compressed.length < encoded.length ? compressed : encoded;
  const compression = payload === encoded ? proto.Compression.NONE : proto.Compression.ZLIB;
  const head = proto.LayerDelta.encode(new proto.LayerDelta({ step, codec, codecVersion, compression, origin }));
  return [head.uint32(PAYLOAD_TAG).uint32(payload.length).finish(), payload];
}

/** Field 5, length-delimited. */
const PAYLOAD_TAG = (5 << 3) | 2;

/** What a LayerDelta adds to its codec's payload, in bytes, at most. */
export const DELTA_OVERHEAD = 64;

/** What a record must be. */
export interface ExpectedRecord {
  readonly step: number;
  readonly origin: number;
}

/**
 * Decodes one step of a layer.
 * @param out receives `layout.size` elements
 * @throws InputError when the payload is no LayerDelta of that step, origin and layout, or its codec is unknown
 */
export function decodeDelta(
  payload: Uint8Array,
  { step, origin }: ExpectedRecord,
  layout: LayerLayout,
  out: Float32Array,
): void {
  const { codec, stored } = openDelta(payload, { step, origin }, layout);
  codec.decode(stored, layout, out);
}

/** A step of a layer as its codec stored it. */
export interface StoredDelta {
  readonly codec: Codec;
  /** What the codec made of it. */
  readonly stored: Uint8Array;
}

/**
 * Opens one step of a layer, without decoding it.
 * @returns a view of the payload, unless that was compressed
 * @throws InputError when the payload is no LayerDelta of that step and origin, or its codec is unknown
 */
export function openDelta(payload: Uint8Array, { step, origin }: ExpectedRecord, layout: LayerLayout): StoredDelta {
  const message = parse(payload, 'layer delta', (bytes) => proto.LayerDelta.decode(bytes));
  checkOrigin(message, origin);
  if (message.step !== step) throw new InputError(`step ${message.step}, expected step ${step}`);
  const codec = codecOf(message.codec, message.codecVersion);
  return { codec, stored: decompress(message, codec.maxBytes(layout)) };
}

/** What is inflated comes in pieces of this size, which are then joined: as fast as it gets, and small enough to be used again. */
const INFLATED_CHUNK = 2 ** 16;

function decompress({ compression, payload }: onnx_explain.log.LayerDelta, maxBytes: number): Uint8Array {
  switch (compression) {
    case proto.Compression.NONE:
      return payload;
    case proto.Compression.ZLIB:
      try {
        return inflateSync(payload, { maxOutputLength: maxBytes, chunkSize: INFLATED_CHUNK });
      } catch (error) {
        throw new InputError(`the compressed delta is damaged (${(error as Error).message})`, { cause: error });
      }
    default:
      throw new InputError('its compression is unknown; a newer onnx-explain wrote this log: upgrade to read it');
  }
}

/** The step of a LayerDelta. @throws InputError when the payload is none, or one of another log */
export function stepOfDelta(payload: Uint8Array, origin: number): number {
  const message = parse(payload, 'layer delta', (bytes) => proto.LayerDelta.decode(bytes));
  checkOrigin(message, origin);
  return message.step;
}
