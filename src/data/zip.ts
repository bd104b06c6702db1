/** Entries of a ZIP archive, each read in order with its size and checksum verified. */
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { InputError } from '../errors.js';
import { explainFileError } from '../files.js';
import { ByteReader, DEFLATE_MAX_RATIO } from './byte-reader.js';
import { printable, reason } from './printable.js';

/** An opened archive, for the time of one `withZip` call. */
export interface ZipArchive {
  /** Names of the entries, in the archive's order. */
  readonly names: readonly string[];
  /**
   * Reads one entry from its start to its end.
   * @param use gets the unpacked size as well: what the archive can really hold, though not yet proven
   * @throws InputError when there is no such entry or it is damaged
   */
  readonly read: <T>(name: string, use: (reader: ByteReader, size: number) => Promise<T>) => Promise<T>;
}

/**
 * Opens an archive, hands it to `use` and closes it.
 * @throws InputError when it is no archive or a damaged one
 */
export async function withZip<T>(path: string, use: (archive: ZipArchive) => Promise<T>): Promise<T> {
  let file: ZipFile | undefined;
  try {
    file = await openPromise(path, { lazyEntries: true, autoClose: false });
    const zip = file;
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
    return await use({
      names: [...entries.keys()],
      read: (name, useEntry) => readEntry(zip, entries.get(name)!, path, useEntry),
    });
  } catch (error) {
    const explained = explainFileError(error, printable(path));
    if (explained instanceof InputError) throw explained;
    throw new InputError(`${printable(path)}: is a damaged archive (${reason(error)}); get or save it again`, {
      cause: error,
    });
  } finally {
    file?.close();
  }
}

async function readEntry<T>(
  zip: ZipFile,
  entry: Entry,
  path: string,
  use: (reader: ByteReader, size: number) => Promise<T>,
): Promise<T> {
  // The archive's own word on the unpacked size is taken only as far as Deflate could make it true.
  if (entry.uncompressedSize > entry.compressedSize * DEFLATE_MAX_RATIO) {
    throw new InputError(
      `${printable(path)}: its entry ${printable(entry.fileName)} claims an impossible size; get or save it again`,
    );
  }
  const reader = new ByteReader(verified(await zip.openReadStreamPromise(entry), entry));
  try {
    const result = await use(reader, entry.uncompressedSize);
    if (!(await reader.atEnd())) throw new Error(`${entry.fileName} holds more bytes than its header says`);
    return result;
  } finally {
    await reader.close();
  }
}

async function* verified(stream: AsyncIterable<Uint8Array>, entry: Entry): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  for await (const chunk of stream) {
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== entry.crc32) throw new Error(`${entry.fileName} fails its checksum`);
}
