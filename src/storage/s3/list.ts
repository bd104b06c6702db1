/** What there is in a bucket: objects, and folders, which are what keys have before a slash. */
import type { _Object } from '@aws-sdk/client-s3';
import type { Entry, FileFound, Found } from '../store.js';
import { NotThere } from '../store.js';
import { InputError } from '../../errors.js';
import { objectOf, placeOf, prefixOf } from './address.js';
import { ask } from './client.js';

const FOLDER: Found = { kind: 'folder', size: 0, modified: 0 };

/** Looks at an object or a folder. */
export async function look(address: string): Promise<Found | undefined> {
  const { key } = placeOf(address);
  const object = key === '' || address.endsWith('/') ? undefined : await head(address);
  if (object && !(object instanceof InputError)) return object;
  // Answers about single objects have no words in them; those about folders say what is wrong.
  if ((await anythingBelow(address)) || key === '') return FOLDER;
  if (object && !(object instanceof NotThere)) throw object;
  return undefined;
}

/** What there is of an object, or what stands against looking at it. */
async function head(address: string): Promise<Found | InputError> {
  const object = objectOf(address);
  try {
    const found = await ask(address, (s3, options) => s3.headObject(object, options));
    const { ContentLength: size = 0, ETag: version, LastModified: modified } = found;
    return { kind: 'file', size, version, modified: modified?.getTime() ?? 0 };
  } catch (error) {
    const answered = ((error as Error).cause as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata;
    if (error instanceof InputError && answered?.httpStatusCode !== undefined) return error;
    throw error;
  }
}

/** Whether any object lies in a folder. */
export async function anythingBelow(address: string): Promise<boolean> {
  const prefix = prefixOf(address);
  const { KeyCount = 0 } = await ask(address, (s3, options) => s3.listObjectsV2({ ...prefix, MaxKeys: 1 }, options));
  return KeyCount > 0;
}

/** What is in a folder. */
export async function list(address: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  const { Prefix } = prefixOf(address);
  for await (const { objects, folders } of pages(address, '/')) {
    for (const folder of folders) entries.push({ name: folder.slice(Prefix.length, -1), kind: 'folder' });
    for (const { Key = '', Size: size } of objects)
      entries.push({ name: Key.slice(Prefix.length), kind: 'file', size });
  }
  return entries.filter(({ name }) => name !== '');
}

/** Every object below a folder. */
export async function files(address: string): Promise<Map<string, FileFound>> {
  const found = new Map<string, FileFound>();
  const { Prefix } = prefixOf(address);
  for await (const { objects } of pages(address)) {
    for (const { Key = '', Size: size = 0, ETag: version } of objects) {
      // Consoles mark a folder that they make by an object whose name ends in a slash.
      if (!Key.endsWith('/')) found.set(Key.slice(Prefix.length), { size, version });
    }
  }
  return found;
}

interface Page {
  readonly objects: readonly _Object[];
  readonly folders: readonly string[];
}

async function* pages(address: string, delimiter?: string): AsyncGenerator<Page> {
  const request = { ...prefixOf(address), Delimiter: delimiter };
  let token: string | undefined;
  do {
    const page = await ask(address, (s3, options) =>
      s3.listObjectsV2({ ...request, ContinuationToken: token }, options),
    );
    yield { objects: page.Contents ?? [], folders: (page.CommonPrefixes ?? []).map((common) => common.Prefix ?? '') };
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
