/** Objects, written whole or not at all. */
import { randomBytes } from 'node:crypto';
import { isMainThread } from 'node:worker_threads';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { InputError } from '../../errors.js';
import { Conflict, NotThere, type Condition, type Content } from '../store.js';
import { objectOf } from './address.js';
import { ask } from './client.js';

/** What does not fit goes up in parts of this size, of which two are in memory; a store takes 10,000 of them. */
const PART_BYTES = 2 ** 24;

/** By which a writer knows its own object again. */
const TOKEN = 'onnx-explain-write';

/** Times that a store may say that two conditional writes came at once. */
const COLLISIONS = 3;

/**
 * Writes an object.
 * @returns its version
 * @throws Conflict where the condition is not met
 */
export async function putObject(address: string, content: Content, only?: Condition): Promise<string | undefined> {
  const token = randomBytes(16).toString('hex');
  const pieces = inParts(content);
  const first = await pieces.next();
  const second = first.done ? first : await pieces.next();
  const whole = first.done ? new Uint8Array(0) : first.value;
  if (second.done) return conditionally(address, token, only, (given) => putWhole(address, whole, token, given));
  return putParts(address, [whole, second.value], pieces, token, only);
}

interface Preconditions {
  readonly IfNoneMatch?: string;
  readonly IfMatch?: string;
}

/**
 * Writes, under a condition where there is one. Where an answer got lost and the request was sent again, the second may be refused
 * because of the first: the object's own token tells.
 */
async function conditionally(
  address: string,
  token: string,
  only: Condition | undefined,
  write: (given: Preconditions) => Promise<string | undefined>,
): Promise<string | undefined> {
  const given = !only ? {} : 'absent' in only ? { IfNoneMatch: '*' } : { IfMatch: only.version };
  for (let collisions = 0; ;) {
    try {
      return await write(given);
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof NotThere)) throw error;
      const own = await writtenAs(address, token);
      if (own !== undefined) return own;
      const { name } = (error.cause ?? {}) as Partial<Error>;
      if (name === 'ConditionalRequestConflict' && ++collisions < COLLISIONS) continue;
      if (error instanceof Conflict || !only || !('version' in only)) throw error;
      throw new Conflict({ file: address, problem: 'was removed by another process meanwhile' }, { cause: error });
    }
  }
}

/** The version of an object that was written with a token. */
async function writtenAs(address: string, token: string): Promise<string | undefined> {
  const object = objectOf(address);
  const found = await ask(address, (s3, options) => s3.headObject(object, options)).catch((error: unknown) => {
    if (error instanceof NotThere) return undefined;
    throw error;
  });
  return found?.Metadata?.[TOKEN] === token ? found.ETag : undefined;
}

async function putWhole(address: string, bytes: Uint8Array, token: string, given: Preconditions) {
  const object = { ...objectOf(address), Body: bytes, ContentLength: bytes.length, Metadata: { [TOKEN]: token } };
  const { ETag } = await ask(address, (s3) => s3.putObject({ ...object, ...given }));
  return ETag;
}

async function putParts(
  address: string,
  begun: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  token: string,
  only: Condition | undefined,
): Promise<string | undefined> {
  const object = objectOf(address);
  const { UploadId } = await ask(address, (s3) =>
    s3.createMultipartUpload({ ...object, Metadata: { [TOKEN]: token } }),
  );
  const upload = { ...object, UploadId };
  try {
    const Parts: CompletedPart[] = [];
    const put = async (part: Uint8Array) => {
      const PartNumber = Parts.length + 1;
      const { ETag } = await ask(address, (s3) =>
        s3.uploadPart({ ...upload, PartNumber, Body: part, ContentLength: part.length }),
      );
      Parts.push({ ETag, PartNumber });
    };
    for (const part of begun) await put(part);
    for await (const part of rest) await put(part);
    return await conditionally(address, token, only, async (given) => {
      const done = await ask(address, (s3) =>
        s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts }, ...given }),
      );
      return done.ETag;
    });
  } catch (error) {
    // Parts of an upload that nobody ends would be kept, and paid for, unseen.
    await ask(address, (s3) => s3.abortMultipartUpload(upload)).catch(() => undefined);
    throw error;
  }
}

/** Content in pieces of the size of a part; the last may be shorter. */
async function* inParts(content: Content): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') content = new TextEncoder().encode(content);
  if (content instanceof Uint8Array) content = [content];
  let part: Uint8Array | undefined;
  let filled = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.length;) {
      const taken = piece.subarray(at, at + PART_BYTES - filled);
      if (filled === 0 && taken.length === PART_BYTES) yield taken;
      else {
        part = grown(part, filled, taken.length);
        part.set(taken, filled);
        filled += taken.length;
        if (filled === PART_BYTES) {
          yield part;
          part = undefined;
          filled = 0;
        }
      }
      at += taken.length;
    }
  }
  if (part) yield part.subarray(0, filled);
}

/** A buffer with room for so many bytes more; small content must not take a whole part. */
function grown(part: Uint8Array | undefined, filled: number, more: number): Uint8Array {
  if (part && part.length >= filled + more) return part;
  const larger = new Uint8Array(Math.min(PART_BYTES, Math.max(filled + more, 2 * filled)));
  if (part) larger.set(part.subarray(0, filled));
  return larger;
}

/** Removes an object, if it is there. */
export async function removeObject(address: string): Promise<void> {
  const object = objectOf(address);
  await ask(address, (s3) => s3.deleteObject(object)).catch((error: unknown) => {
    if (!(error instanceof NotThere)) throw error;
  });
}

const probed = new Map<string, Promise<void>>();

/**
 * Finds out whether a bucket keeps conditions, once in a process: some stores take conditional writes and write anyway, and two
 * trainings would then both believe that a run is theirs.
 * @param folder one that will be written into: a small object is put there twice, and removed
 * @throws InputError where it does not, or nothing may be written there
 */
export function probe(folder: string): Promise<void> {
  // Other threads are started by one that has tried.
  if (!isMainThread) return Promise.resolve();
  const bucket = folder.split('/', 3).join('/');
  if (!probed.has(bucket)) probed.set(bucket, tryConditions(folder));
  return probed.get(bucket)!;
}

async function tryConditions(folder: string): Promise<void> {
  const address = `${folder.replace(/\/+$/, '')}/.onnx-explain-probe-${randomBytes(8).toString('hex')}`;
  const content = new TextEncoder().encode('onnx-explain tries whether this store keeps conditions\n');
  const isRefused = (only: Condition) =>
    putObject(address, content, only).then(
      () => false,
      (error: unknown) => {
        if (error instanceof Conflict) return true;
        throw error;
      },
    );
  try {
    await putObject(address, content, { absent: true });
    const keeps =
      (await isRefused({ absent: true })) && (await isRefused({ version: '"00000000000000000000000000000000"' }));
    if (!keeps) throw lies(folder);
  } catch (error) {
    const { cause } = error as Error;
    const doesNotKnow = ['NotImplemented', 'InvalidArgument', 'InvalidRequest'].includes(
      (cause as Error | undefined)?.name ?? '',
    );
    throw doesNotKnow ? lies(folder, error) : error;
  } finally {
    await removeObject(address).catch(() => undefined);
  }
}

function lies(folder: string, cause?: unknown): InputError {
  return new InputError(
    {
      file: folder,
      problem:
        'the store does not keep conditions (If-None-Match, If-Match), so two writers could destroy what the other wrote',
      mend: 'write to a disk, or to a store that does',
    },
    { cause },
  );
}
