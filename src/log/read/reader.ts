/** Reads a delta log: the steps, and one layer's deltas at a time, as streams that never hold more than a chunk. */
import { InputError } from '../../errors.js';
import { chunkPlaces, columnParts, readSteps, type StepRange } from './column-part.js';
import { codecOf } from '../codecs/registry.js';
import { decodeAhead } from './decode-ahead.js';
import type { ChunkPlace, DeltaChunk } from './decode-chunk.js';
import { originOf, totalBytes, type LayerColumn } from '../format/descriptors.js';
import type { FactoredRecords } from './factored-sum.js';
import { layerLayout, layerSize, type LoggedLayer } from '../format/layer.js';
import { basename } from '../../storage/paths.js';
import { openSegment, type Segment } from './open-segment.js';
import { readOwed, type OwedPlace } from './read-owed.js';
import { readStored, roomFor } from './read-stored.js';
import type { StepRecord } from '../format/records.js';
import type { StoredChunk } from './stored-chunk.js';
import { listSegments, logPath, residualPath, segmentPath, type SealedSegment } from '../format/segment.js';

/** What the run's manifest says of its log; whatever is given is checked. */
export interface OpenLogOptions {
  /** Identifier of the run; empty for one of the first format, which has none. */
  readonly run?: string;
  readonly layers?: readonly LoggedLayer[];
  /** Columns behind those of the layers. */
  readonly untraced?: readonly LoggedLayer[] | undefined;
  readonly segments?: readonly SealedSegment[];
}

/** Which steps are read, how many at once, and by how many threads. */
export interface DeltaRange extends StepRange {
  /** Most steps in a chunk; a chunk never crosses the end of a segment. By default as many as 32 MiB hold, at most 256. */
  readonly chunkSteps?: number;
  /** Threads that decode ahead of the reader, each at most two chunks; 0, the default, decodes in this one. */
  readonly threads?: number;
}

/** Which steps are read as they are stored. */
export interface StoredRange extends StepRange {
  /** Most steps in a chunk, by default 256; one never crosses the end of a segment. */
  readonly chunkSteps?: number;
  /** Most steps in a chunk of outer products, of which more fit into a cache; as many as of any others by default. */
  readonly factorSteps?: number;
  /** Bytes that end a chunk, 2 MiB by default: what they are widened to is still in a core's cache when it is multiplied. */
  readonly chunkBytes?: number;
}

/** A log that is open for reading. It holds no file open between calls. */
export interface DeltaLog {
  readonly layers: readonly LayerColumn[];
  /** Sealed segments. */
  readonly segments: readonly SealedSegment[];
  /** First step of the log. */
  readonly firstStep: number;
  /** Last step that is whole in every column; firstStep − 1 for an empty log. */
  readonly lastStep: number;
  /** Last step of the last sealed segment, up to which residuals are known; firstStep − 1 when none is sealed. */
  readonly sealedStep: number;
  /** What was found amiss and passed over: a segment without a seal, a torn tail. For the user. */
  readonly warnings: readonly string[];
  /** Step records in order. @throws InputError naming file and byte where the log is damaged */
  steps(range?: StepRange): AsyncIterable<StepRecord>;
  /**
   * One layer's deltas in order. Only that layer's files (and the segments' seals) are read.
   * @param layer name of the layer
   * @throws InputError naming file and byte where the log is damaged, or the layer's codec is unknown
   */
  deltas(layer: string, range?: DeltaRange): AsyncIterable<DeltaChunk>;
  /** Where one layer's records lie, segment by segment. */
  records(layer: string, range?: StepRange): AsyncIterable<FactoredRecords>;
  /** The largest magnitudes of a layer's residuals, at the end of each sealed segment up to a step. */
  largestResiduals(layer: string, step: number): Promise<number[]>;
  /**
   * Where one layer's updates lie, to be read as they are stored (`readStored`), in order; by whoever computes with them, as what
   * crosses from one thread to another costs more than to read it.
   */
  places(layer: string, range?: StoredRange): AsyncIterable<ChunkPlace>;
  /**
   * One layer's updates in order, as they are stored: whoever computes with them widens them. A chunk holds until the next
   * one is asked for.
   * @throws InputError as `deltas` does
   */
  stored(layer: string, range?: StoredRange): AsyncIterable<StoredChunk>;
  /**
   * Where that lies which `residual` gives; undefined where no residual was written, as the codec owes nothing.
   * @throws InputError where `step` is not the last of a sealed segment
   */
  owed(layer: string, step: number): Promise<OwedPlace | undefined>;
  /**
   * What the layer's codec owes: the sum of the true deltas up to `step` minus the sum of the decoded ones. Zeros for a
   * lossless codec.
   * @param step the last step of a sealed segment; `sealedStep` by default
   * @returns one number per element of the layer
   */
  residual(layer: string, step?: number): Promise<Float32Array>;
}

const CHUNK_BYTES = 2 ** 25;
const CHUNK_STEPS = 256;
const STORED_BYTES = 2 ** 21;

/**
 * Opens a run's log. Sealed segments must be as they were sealed; what follows the last of them is recovered frame by
 * frame, and only steps that are whole in every column count.
 * @throws InputError when there is no log, it is damaged, a newer version wrote it, or it is not the manifest's
 */
export async function openLog(runDirectory: string, expected: OpenLogOptions = {}): Promise<DeltaLog> {
  const listed = await listSegments(runDirectory);
  const segments: Segment[] = [];
  const warnings: string[] = [];
  for (const [number, files] of listed.entries()) {
    const directory = segmentPath(runDirectory, number);
    const run = expected.run ?? segments[0]?.header.run;
    const segment = await openSegment(directory, files, number, number === listed.length - 1, run);
    if (segment) {
      checkSequence(segments.at(-1), segment);
      segments.push(segment);
      warnings.push(...segment.warnings);
    } else {
      warnings.push(`${directory}: the writer stopped before the segment had a header; it holds no steps`);
    }
  }
  const first = segments[0]?.header;
  if (!first) throw new InputError(`${logPath(runDirectory)}: holds no delta log; train the model with a log first`);
  const { layers, firstStep } = first;
  const sealed = segments.flatMap((segment) => segment.sealed ?? []);
  const sealedStep = sealed.at(-1)?.lastStep ?? firstStep - 1;
  checkManifest(runDirectory, expected, layers, sealed);

  function columnOf(layer: string): number {
    const column = layers.findIndex(({ name }) => name === layer);
    if (column >= 0) return column;
    const names = layers.map(({ name }) => name).join(', ');
    throw new InputError(`${logPath(runDirectory)}: holds no layer ${JSON.stringify(layer)}; it holds ${names}`);
  }

  async function* placesOf(layer: string, range: StoredRange = {}): AsyncGenerator<ChunkPlace> {
    const column = columnOf(layer);
    const { codec, codecVersion } = layers[column]!;
    const layout = layerLayout(layers[column]!);
    const written = codecOf(codec, codecVersion);
    const usual = written.usualBytes?.(layout) ?? 4 * layout.size;
    const most = written.form === 'factors' ? (range.factorSteps ?? range.chunkSteps) : range.chunkSteps;
    const size = { steps: most ?? CHUNK_STEPS, bytes: range.chunkBytes ?? STORED_BYTES, usual };
    for await (const part of columnParts(segments, column + 1, range)) yield* chunkPlaces(part, layout, size);
  }

  /** Where a layer's residual after a step lies; undefined where there is none. */
  async function residualAt(column: number, step: number): Promise<OwedPlace | undefined> {
    if (step === firstStep - 1) return undefined;
    const segment = segments.find(({ sealed }) => sealed?.lastStep === step);
    if (!segment) {
      throw new InputError(
        `${logPath(runDirectory)}: no segment is sealed after step ${step}, so what its codecs owe there is not known`,
      );
    }
    const { residualBytes: bytes } = (await segment.columns())[column + 1]!;
    const { file } = segment.header.layers[column]!;
    const path = residualPath(segment.directory, file);
    const { version } = segment.files.get(basename(path)) ?? {};
    const place = { path, version, origin: originOf(segment.header, file), step };
    return bytes === 0 ? undefined : { ...place, bytes, owed: layerLayout(layers[column]!) };
  }

  return {
    layers,
    segments: sealed,
    firstStep,
    lastStep: segments.at(-1)!.lastStep,
    sealedStep,
    warnings,
    async *steps(range = {}) {
      for await (const part of columnParts(segments, 0, range)) yield* readSteps(part);
    },
    async *deltas(layer, range = {}) {
      const column = columnOf(layer);
      const layout = layerLayout(layers[column]!);
      const { threads = 0, chunkSteps = defaultChunkSteps(layout.size) } = range;
      if (!(chunkSteps >= 1)) throw new RangeError(`chunks of ${chunkSteps} steps`);
      async function* places(): AsyncGenerator<ChunkPlace> {
        for await (const part of columnParts(segments, column + 1, range))
          yield* chunkPlaces(part, layout, { steps: chunkSteps });
      }
      yield* decodeAhead(places(), threads);
    },
    places: placesOf,
    async *stored(layer, range) {
      let room = new ArrayBuffer(0);
      for await (const place of placesOf(layer, range)) {
        if (room.byteLength < roomFor(place)) room = new ArrayBuffer(roomFor(place));
        yield await readStored(place, room);
      }
    },
    owed: async (layer, step) => residualAt(columnOf(layer), step),
    async *records(layer, range = {}) {
      for await (const { frameBytes, ...place } of columnParts(segments, columnOf(layer) + 1, range)) {
        yield { ...place, count: frameBytes.length, bytes: totalBytes(frameBytes) };
      }
    },
    async largestResiduals(layer, step) {
      const column = columnOf(layer) + 1;
      const passed = segments.filter(({ sealed, lastStep }) => sealed && lastStep <= step);
      return Promise.all(passed.map(async (segment) => (await segment.columns())[column]!.residualMax));
    },
    async residual(layer, step = sealedStep) {
      const column = columnOf(layer);
      const found = await residualAt(column, step);
      if (!found) return new Float32Array(layerSize(layers[column]!));
      return readOwed(found, new ArrayBuffer(roomFor(found)));
    },
  };
}

function defaultChunkSteps(size: number): number {
  return Math.max(1, Math.min(CHUNK_STEPS, Math.floor(CHUNK_BYTES / (4 * size))));
}

function checkSequence(before: Segment | undefined, segment: Segment): void {
  if (!before) return;
  if (segment.header.firstStep !== before.lastStep + 1) {
    throw new InputError(
      `${segment.directory}: begins with step ${segment.header.firstStep} after step ${before.lastStep}; ` +
        'it belongs to another log, restore it from a copy',
    );
  }
  if (shapes(segment.header.layers) !== shapes(before.header.layers)) {
    throw new InputError(`${segment.directory}: holds other layers than the segment before it; restore it from a copy`);
  }
}

function checkManifest(
  runDirectory: string,
  { layers, untraced = [], segments = [] }: OpenLogOptions,
  found: readonly LayerColumn[],
  sealed: readonly SealedSegment[],
): void {
  if (layers && shapes([...layers, ...untraced]) !== shapes(found)) {
    throw new InputError(`${logPath(runDirectory)}: holds other layers than run.json says; restore both from one copy`);
  }
  for (const [i, { directory, firstStep, lastStep }] of segments.entries()) {
    if (sealed[i]?.directory !== directory || sealed[i].firstStep !== firstStep || sealed[i].lastStep !== lastStep) {
      throw new InputError(
        `${logPath(runDirectory)}: run.json lists ${directory} with steps ${firstStep} to ${lastStep}, which is not ` +
          'there; restore both from one copy',
      );
    }
  }
}

function shapes(layers: readonly LoggedLayer[]): string {
  return JSON.stringify(
    layers.map(({ name, tensors }) => [name, tensors.map((tensor) => [tensor.name, ...tensor.dims])]),
  );
}
