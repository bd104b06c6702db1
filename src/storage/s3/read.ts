/** Objects, read in order or in ranges. */
import type { Readable } from 'node:stream';
import { InputError, oneLine } from '../../errors.js';
import { Conflict, CutShort, NotThere, tooLarge, type Range } from '../store.js';
import { objectOf } from './address.js';
import { ask } from './client.js';
import { anythingBelow } from './list.js';

/** How often a connection may break in one body, which then goes on where it broke. */
const BREAKS = 2;

/** More is not read at once, as of files on a disk. */
const LARGEST = 2 ** 31 - 1;

/** An object, or a part of one, on its way. */
export interface Arriving {
  /** Bytes that will come. */
  readonly bytes: number;
  /** Bytes of the whole object. */
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends it before anything was read. */
  readonly stop: () => void;
}

/**
 * Begins to read an object. It stays the same object to the end, also where a connection breaks meanwhile.
 * @throws NotThere; InputError where a version is asked for that is no longer there; CutShort where it ends before the start
 */
export async function begin(address: string, { start = 0, end, version }: Range = {}): Promise<Arriving> {
  const first = await request(address, start, end, version);
  const size = first.size;
  const last = Math.min(end ?? size, size);
  const { body, version: found } = first;
  return {
    bytes: last - start,
    size,
    chunks: chunks(address, { start, end: last, version: found }, body),
    stop: () => {
      body.destroy();
    },
  };
}

async function* chunks(
  address: string,
  { start, end, version }: { start: number; end: number; version: string | undefined },
  body: Readable,
): AsyncGenerator<Uint8Array> {
  let current = body;
  let at = start;
  for (let breaks = 0; ;) {
    let broken: unknown = new Error('it ended too early');
    try {
      for await (const chunk of current as AsyncIterable<Uint8Array>) {
        at += chunk.length;
        yield chunk;
      }
    } catch (error) {
      broken = error;
    } finally {
      current.destroy();
    }
    if (at >= end) return;
    if (++breaks > BREAKS) {
      throw new InputError(
        {
          file: address,
          place: `byte ${at}`,
          problem: `the connection broke off again and again, before byte ${end} (${oneLine(broken)})`,
          mend: 'check the network, and try again',
        },
        { cause: broken },
      );
    }
    current = (await request(address, at, end, version)).body;
  }
}

async function request(address: string, start: number, end: number | undefined, version: string | undefined) {
  const object = objectOf(address);
  const isPart = start > 0 || end !== undefined;
  const answer = await ask(address, (s3, options) =>
    s3.getObject(
      {
        ...object,
        ...(isPart ? { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` } : {}),
        ...(version === undefined ? {} : { IfMatch: version }),
      },
      options,
    ),
  ).catch((error: unknown) => explain(error, address, start));
  const body = answer.Body as Readable;
  const whole = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
  if (isPart && whole === undefined) {
    body.destroy();
    throw new InputError({
      file: address,
      problem: 'the store sends whole objects where a part is asked for',
      mend: 'choose a store that knows ranges',
    });
  }
  const { ContentLength: length, ETag } = answer;
  if (length === undefined || ETag === undefined) {
    body.destroy();
    throw new InputError({ file: address, problem: 'what answers is no store', mend: 'check AWS_ENDPOINT_URL_S3' });
  }
  return { body, size: Number(whole ?? length), version: ETag };
}

/** What is wrong with reading an object, other than that it is not there. */
async function explain(error: unknown, address: string, start: number): Promise<never> {
  const { cause } = (error ?? {}) as {
    readonly cause?: { readonly name?: string; readonly ActualObjectSize?: string };
  };
  if (cause?.name === 'InvalidRange') throw new CutShort(Number(cause.ActualObjectSize ?? start));
  if (error instanceof Conflict) {
    throw new InputError({ file: address, problem: 'was replaced while it was read', mend: 'try again' }, { cause });
  }
  if (error instanceof NotThere && (await anythingBelow(address))) {
    throw new InputError(
      { file: address, problem: 'is a folder, expected a file', mend: 'name a file in it' },
      { cause: error },
    );
  }
  throw error;
}

/** Reads a whole object. @throws TooLarge */
export async function readObject(address: string, largest = LARGEST): Promise<Uint8Array> {
  const arriving = await begin(address);
  if (arriving.size > Math.min(largest, LARGEST)) {
    arriving.stop();
    throw tooLarge(address, arriving.size);
  }
  const bytes = new Uint8Array(arriving.bytes);
  await fill(bytes, arriving);
  return bytes;
}

/** Reads a part of an object. @throws CutShort when it ends in the part */
export async function readPart(address: string, offset: number, into: Uint8Array, version?: string): Promise<void> {
  if (into.length === 0) return;
  const arriving = await begin(address, { start: offset, end: offset + into.length, version });
  if (arriving.size < offset + into.length) {
    arriving.stop();
    throw new CutShort(arriving.size);
  }
  await fill(into, arriving);
}

async function fill(into: Uint8Array, { chunks }: Arriving): Promise<void> {
  let at = 0;
  for await (const chunk of chunks) {
    into.set(chunk, at);
    at += chunk.length;
  }
}

/** Bytes of an object in order; nothing is asked for before the first. */
export async function* streamObject(address: string, range: Range = {}): AsyncGenerator<Uint8Array> {
  if (range.end !== undefined && range.end <= (range.start ?? 0)) return;
  try {
    yield* (await begin(address, range)).chunks;
  } catch (error) {
    // Like a file on a disk: what would stand behind its end is nothing.
    if (!(error instanceof CutShort)) throw error;
  }
}
