/**
 * What a shard computed, as a file (Node only): frames of a TFRecord file, so that each byte is covered by a checksum. The
 * first says which shard of which command it is, then come units, task by task; the last but one says what they were computed from
 * and where each task lies, and the last where that stands. A file that lacks it was not finished.
 */
import { randomBytes } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as v from 'valibot';
import { InputError } from '../errors.js';
import { look } from '../files.js';
import { createFrameDecoder, encodeFrame, FRAME_OVERHEAD, type Frame } from '../log/format/frame.js';
import { count, list } from '../schema/fields.js';
import { matchSchema } from '../schema/problem.js';
import { explainFileError } from '../storage/disk/error.js';
import { join } from '../storage/paths.js';
import { storeOf } from '../storage/registry.js';
import { NotThere } from '../storage/store.js';
import { decodeValue, encodeValue } from './values.js';

const AGAIN = 'compute the shard again';

const headSchema = v.object({
  kind: v.literal('partial'),
  formatVersion: v.number(),
  tool: v.object({ name: v.string(), version: v.string() }),
  words: list(v.string()),
  shard: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  of: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

const endingSchema = v.object({
  madeFrom: v.record(v.string(), v.string()),
  tasks: list(v.object({ name: v.string(), units: count, from: count, bytes: count })),
});

/** Which shard of which command a file holds. */
export interface PartialHead {
  /** What computed it. */
  readonly tool: { readonly name: string; readonly version: string };
  /** The command, and its arguments as it takes them: without those that say where something goes. */
  readonly words: readonly string[];
  /** Counted from 1. */
  readonly shard: number;
  readonly of: number;
}

/** What a file's units were computed from, and where they lie in it. */
export interface PartialEnding {
  /** Hashes and fingerprints, by what a user calls what they are of. */
  readonly madeFrom: Readonly<Record<string, string>>;
  readonly tasks: readonly PartialTask[];
}

/** The units of a task in a file. */
export interface PartialTask {
  readonly name: string;
  /** How many of its units the file holds. */
  readonly units: number;
  /** Byte of the first. */
  readonly from: number;
  readonly bytes: number;
}

const FORMAT_VERSION = 1;

/** Bytes of the last frame's payload: the place of the frame before it. */
const POINTER = 8;

/** Longer heads and endings are no shard's: tens of thousands of layers fit. */
const LARGEST_TEXT = 2 ** 26;

/** A file that a shard is writing. */
export interface PartialWriter {
  /** Units of a task come one behind the other. */
  add(task: string, unit: unknown): Promise<void>;
  /** Notes a task, also where the shard has none of its units. */
  task(name: string): void;
  /** Puts the file in its place, whole. */
  finish(madeFrom: PartialEnding['madeFrom']): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/**
 * Begins a file. It is kept on this machine until it is finished, under no name, so that nothing is left of it where this process
 * is killed; then it is put in its place, on whatever store that is.
 * @throws InputError where it cannot be written
 */
export async function writePartial(path: string, head: PartialHead): Promise<PartialWriter> {
  const { spool, remove } = await openSpool();
  let at = 0;
  const tasks: { name: string; units: number; from: number; bytes: number }[] = [];
  const write = async (payload: Uint8Array): Promise<void> => {
    const frame = encodeFrame(payload);
    try {
      await spool.writeFile(frame);
    } catch (error) {
      throw explainFileError(error, tmpdir());
    }
    at += frame.length;
  };
  const task = (name: string) => {
    if (tasks.at(-1)?.name === name) return tasks.at(-1)!;
    if (tasks.some((own) => own.name === name)) throw new Error(`internal: task ${name} is computed twice`);
    const own = { name, units: 0, from: at, bytes: 0 };
    tasks.push(own);
    return own;
  };
  await write(textBytes({ kind: 'partial', formatVersion: FORMAT_VERSION, ...head }));
  return {
    task,
    add: async (name, unit) => {
      const own = task(name);
      await write(encodeValue(unit));
      own.units++;
      own.bytes = at - own.from;
    },
    finish: async (madeFrom) => {
      const ending = at;
      await write(textBytes({ madeFrom, tasks }));
      const pointer = new Uint8Array(POINTER);
      new DataView(pointer.buffer).setBigUint64(0, BigInt(ending), true);
      await write(pointer);
      await storeOf(path).write(path, spool.createReadStream({ start: 0, autoClose: false }));
      await remove();
    },
    discard: remove,
  };
}

async function openSpool(): Promise<{ readonly spool: FileHandle; readonly remove: () => Promise<void> }> {
  const name = join(tmpdir(), `onnx-explain-${randomBytes(8).toString('hex')}.partial`);
  try {
    const spool = await open(name, 'wx+');
    // Some systems keep the name of a file that is open.
    const unlink = () => rm(name, { force: true }).catch(() => undefined);
    await unlink();
    const remove = async () => {
      await spool.close().catch(() => undefined);
      await unlink();
    };
    return { spool, remove };
  } catch (error) {
    throw explainFileError(error, name);
  }
}

/** A file that a shard has written. */
export interface PartialFile {
  readonly path: string;
  readonly head: PartialHead;
  readonly ending: PartialEnding;
  /** The units of a task, in order. @throws InputError naming the byte where the file is damaged */
  readonly units: (task: PartialTask) => AsyncIterable<unknown>;
}

/** Opens a file that a shard has written. @throws InputError where it is none, a newer version's, or not whole */
export async function readPartial(path: string): Promise<PartialFile> {
  const size = await sizeOf(path);
  const head = await headOf(path, size);
  const pointer = await frameAt(path, size - POINTER - FRAME_OVERHEAD, size);
  if (pointer?.payload.length !== POINTER) throw cutOff(path);
  const { buffer, byteOffset } = pointer.payload;
  const from = Number(new DataView(buffer, byteOffset).getBigUint64(0, true));
  const ending = parsed(path, endingSchema, (await frameAt(path, from, pointer.offset))?.payload);
  for (const task of ending.tasks) if (task.from + task.bytes > from) throw foreign(path);
  return {
    path,
    head,
    ending,
    units: async function* ({ from: first, bytes, units }) {
      let read = 0;
      for await (const { payload, offset } of framesIn(path, first, first + bytes)) {
        read++;
        yield valueAt(path, offset, payload);
      }
      if (read !== units) throw foreign(path);
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  const found = await look(path);
  if (!found) throw new NotThere({ file: path, problem: 'no such file or folder', mend: 'check the path' });
  if (found.kind === 'file') return found.size;
  throw new InputError({ file: path, problem: 'is no file that a shard has written' });
}

async function headOf(path: string, size: number): Promise<PartialHead> {
  const first = await firstFrame(path, 0, size).catch((error: unknown) => {
    throw error instanceof InputError ? foreign(path, error) : error;
  });
  if (!first) throw foreign(path);
  const { formatVersion, tool, words, shard, of } = parsed(path, headSchema, first.payload);
  if (formatVersion > FORMAT_VERSION) {
    throw new InputError({
      file: path,
      problem: `written by a newer version (format ${formatVersion}, this one reads up to ${FORMAT_VERSION})`,
      mend: 'merge with the version that computed the shards',
    });
  }
  if (shard > of) throw foreign(path);
  return { tool, words, shard, of };
}

/** The one frame of a range. */
async function frameAt(path: string, from: number, end: number): Promise<Frame | undefined> {
  if (from < 0 || from >= end) throw cutOff(path);
  try {
    return await firstFrame(path, from, end);
  } catch (error) {
    // Where the file ends in the middle of something, what stands there is no frame.
    throw error instanceof InputError ? cutOff(path, error) : error;
  }
}

async function firstFrame(path: string, from: number, end: number): Promise<Frame | undefined> {
  for await (const frame of framesIn(path, from, end, LARGEST_TEXT)) return frame;
  return undefined;
}

async function* framesIn(path: string, from: number, end: number, maxPayload = end - from): AsyncGenerator<Frame> {
  if (from >= end) return;
  const decoder = createFrameDecoder(path, { offset: from, maxPayload });
  for await (const chunk of storeOf(path).stream(path, { start: from, end })) yield* decoder.push(chunk);
  decoder.end();
}

function valueAt(path: string, offset: number, payload: Uint8Array): unknown {
  try {
    return decodeValue(payload);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      { file: path, place: `byte ${offset}`, problem: error.problem, mend: AGAIN },
      { cause: error },
    );
  }
}

function parsed<const S extends v.GenericSchema>(path: string, schema: S, payload: Uint8Array | undefined) {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    throw foreign(path, error);
  }
  const checked = matchSchema(schema, value);
  if ('problem' in checked) throw foreign(path);
  return checked.value;
}

function textBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function foreign(path: string, cause?: unknown): InputError {
  return new InputError(
    {
      file: path,
      problem: 'is no file that a shard has written',
      mend: 'name what a command with `shard` has written',
    },
    { cause },
  );
}

function cutOff(path: string, cause?: unknown): InputError {
  return new InputError({ file: path, problem: 'is not whole', mend: AGAIN }, { cause });
}
