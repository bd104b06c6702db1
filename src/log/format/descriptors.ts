/** What frames a segment, to bytes and back: the header before its first step, the seal after its last. */
import { crc32c } from '@node-rs/crc32';
import { InputError } from '../../errors.js';
import { onnx_explain } from '../gen/delta-log.js';
import { isFileName, layerSize, type LoggedLayer } from './layer.js';
import { parse } from './parse.js';

const proto = onnx_explain.log;

/** Version of the segment format; a reader refuses newer ones. Version 1 does not say which run it belongs to. */
export const FORMAT_VERSION = 2;

/** No ONNX file holds a larger tensor: protobuf ends at 2 GiB. A header that says more is not worth an allocation. */
const LARGEST_LAYER = 2 ** 29;

/** A layer of a segment: what is logged, where and how. */
export interface LayerColumn extends LoggedLayer {
  /** Base name of the layer's files in the segment's folder. */
  readonly file: string;
  readonly codec: string;
  readonly codecVersion: number;
}

/** What a segment says about itself before its first step. */
export interface SegmentHeader {
  /** The run's identifier; empty in format 1. */
  readonly run: string;
  readonly segment: number;
  readonly firstStep: number;
  readonly layers: readonly LayerColumn[];
}

/** Index of one column of a sealed segment. */
export interface ColumnIndex {
  readonly file: string;
  /** Length of each step's frame in bytes. */
  readonly frameBytes: readonly number[];
  /** Length of the residual file, 0 when there is none. */
  readonly residualBytes: number;
  /** Largest magnitude in the residual. */
  readonly residualMax: number;
}

/** What ends a segment: the steps column first, then the layers in the header's order. */
export interface SegmentSeal {
  readonly run: string;
  readonly segment: number;
  readonly firstStep: number;
  readonly lastStep: number;
  readonly columns: readonly ColumnIndex[];
}

/** Bytes of some records of a column. */
export function totalBytes(frameBytes: readonly number[]): number {
  return frameBytes.reduce((sum, bytes) => sum + bytes, 0);
}

/** What each record of a column says of where it belongs: a checksum of run, segment and file; 0 in format 1. */
export function originOf({ run, segment }: Pick<SegmentHeader, 'run' | 'segment'>, file: string): number {
  return run === '' ? 0 : crc32c(`${run}/${segment}/${file}`);
}

/** Format 1 is written, and read, where no run is named. */
const formatOf = (run: string) => (run === '' ? 1 : FORMAT_VERSION);

/** A segment's header as a payload. */
export function encodeHeader({ run, segment, firstStep, layers }: SegmentHeader): Uint8Array {
  const message = new proto.SegmentHeader({
    formatVersion: formatOf(run),
    run,
    segment,
    firstStep,
    layers: layers.map(
      ({ name, file, codec, codecVersion, tensors }) =>
        new proto.LayerColumn({
          name,
          file,
          codec,
          codecVersion,
          tensors: tensors.map((tensor) => new proto.LayerTensor({ name: tensor.name, dims: [...tensor.dims] })),
        }),
    ),
  });
  return proto.SegmentHeader.encode(message).finish();
}

/** @throws InputError when the payload is no header, or of a newer format */
export function decodeHeader(payload: Uint8Array): SegmentHeader {
  const message = parse(payload, 'segment header', (bytes) => proto.SegmentHeader.decode(bytes));
  checkFormat(message);
  const { run, segment, firstStep } = message;
  // Plain objects: a message keeps defaults on its prototype, where a copy for another thread would lose them.
  const layers = message.layers.map(({ name, file, codec, codecVersion, tensors }) => ({
    name,
    file,
    codec,
    codecVersion,
    tensors: tensors.map((tensor) => ({ name: tensor.name, dims: tensor.dims })),
  }));
  const unsafe = layers.find(({ file }) => !isFileName(file));
  if (unsafe) throw new InputError(`${JSON.stringify(unsafe.file)} is not a file name of a log`);
  const oversized = layers.find((layer) => layerSize(layer) > LARGEST_LAYER);
  if (oversized) throw new InputError(`layer ${JSON.stringify(oversized.name)} has ${layerSize(oversized)} elements`);
  return { run, segment, firstStep, layers };
}

/** A segment's seal as a payload. */
export function encodeSeal({ columns, ...range }: SegmentSeal): Uint8Array {
  const message = new proto.SegmentSeal({
    ...range,
    formatVersion: formatOf(range.run),
    columns: columns.map(
      ({ frameBytes, ...column }) => new proto.ColumnIndex({ ...column, frameBytes: frameBytes as number[] }),
    ),
  });
  return proto.SegmentSeal.encode(message).finish();
}

/** @throws InputError when the payload is no seal, or of a newer format, or at odds with itself */
export function decodeSeal(payload: Uint8Array): SegmentSeal {
  const message = parse(payload, 'segment seal', (bytes) => proto.SegmentSeal.decode(bytes));
  checkFormat(message);
  const { run, segment, firstStep, lastStep } = message;
  const columns = message.columns.map(({ file, frameBytes, residualBytes, residualMax }) => {
    return { file, frameBytes, residualBytes, residualMax };
  });
  for (const { file, frameBytes } of columns) {
    if (frameBytes.length !== lastStep - firstStep + 1) {
      throw new InputError(`${file} has ${frameBytes.length} records for steps ${firstStep} to ${lastStep}`);
    }
  }
  return { run, segment, firstStep, lastStep, columns };
}

function checkFormat({ formatVersion, run }: { formatVersion: number; run: string }): void {
  if (formatVersion > FORMAT_VERSION) {
    throw new InputError(
      `log format ${formatVersion}, this version of onnx-explain reads up to ${FORMAT_VERSION}; upgrade to read it`,
    );
  }
  if (formatVersion !== formatOf(run)) throw new InputError(`log format ${formatVersion} of run "${run}"`);
}
