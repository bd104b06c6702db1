/** Entries of a ZIP archive, each read in order with its size and checksum verified. */
import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { fromRandomAccessReaderPromise, getFileNameLowLevel, type Entry, type ZipFile } from 'yauzl';
import { InputError } from '../../errors.js';
import { storeOf } from '../../storage/registry.js';
import { CutShort, NotThere } from '../../storage/store.js';
import { ByteReader, DEFLATE_MAX_RATIO } from '../byte-reader.js';
import { IMAGE_BYTES } from '../pictures/image-file.js';
import { printable, reason } from '../printable.js';
import { addEntry, entryFault, entryPath } from './entry-path.js';
import { archiveTree, type FileTree } from './file-tree.js';
import { ZipReader, type ZipFilePlace } from './zip-reader.js';

/** An opened archive, for the time of one `withZip` call. */
export interface ZipArchive {
  /** Paths of the files, in the archive's order. */
  readonly names: readonly string[];
  /**
   * Reads one entry from its start to its end.
   * @param use gets the unpacked size as well: what the archive can really hold, though not yet proven
   * @throws InputError when there is no such entry or it is damaged
   */
  readonly read: <T>(name: string, use: (reader: ByteReader, size: number) => Promise<T>) => Promise<T>;
  /** The files as a tree that stays usable, since it opens the archive for each file that is read. */
  readonly tree: () => FileTree;
}

const LOCAL_HEADER = 30;
/** Bytes that an entry's own header may have more than its archive's list says of it. */
const SPARE = 64;
const UTF8_FLAG = 0x800;
const SYMBOLIC_LINK = 0o120000;
const FILE_TYPE = 0o170000;

/**
 * Opens an archive, hands it to `use` and closes it.
 * @throws InputError when it is no archive or a damaged one, or an entry is there twice, leads out of it or is a link
 */
export async function withZip<T>(path: string, use: (archive: ZipArchive) => Promise<T>): Promise<T> {
  const shown = printable(path);
  return explainDamage(shown, async () => {
    const found = await storeOf(path).look(path);
    if (!found) throw new NotThere({ file: shown, problem: 'no such file or folder', mend: 'check the path' });
    const file: ZipFilePlace = { path, size: found.size, version: found.version };
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
    const zip = await fromRandomAccessReaderPromise(new ZipReader(file), file.size, options);
    const entries = await entriesOf(zip, shown);
    return await use({
      names: [...entries.keys()],
      read: (name, useEntry) => readEntry(zip, name, entries.get(name)!, shown, useEntry),
      tree: () =>
        archiveTree(
          shown,
          new Map(
            [...entries].map(([name, entry]) => [
              name,
              {
                size: entry.uncompressedSize,
                read: () => explainDamage(shown, () => readWhole(file, name, entry, shown)),
              },
            ]),
          ),
        ),
    });
  });
}

async function entriesOf(zip: ZipFile, shown: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    // Some archivers write UTF-8 and forget to say so; hardly any other text happens to be UTF-8.
    const flags = entry.generalPurposeBitFlag | (isUtf8(entry.fileNameRaw) ? UTF8_FLAG : 0);
    const name = getFileNameLowLevel(flags, entry.fileNameRaw, entry.extraFields, true);
    const path = entryPath(shown, name);
    if (((entry.externalFileAttributes >>> 16) & FILE_TYPE) === SYMBOLIC_LINK) {
      throw entryFault(shown, name, 'is a link', 'pack the file itself: zip without -y');
    }
    if (!name.endsWith('/')) addEntry(entries, shown, path, entry);
  }
  return entries;
}

/** @throws InputError for an entry that cannot be read at all */
function checkEntry(entry: Entry, name: string, shown: string): void {
  if (entry.isEncrypted()) throw entryFault(shown, name, 'is encrypted', 'pack the files without a password');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    const problem = `is packed by method ${entry.compressionMethod}, which is not read`;
    throw entryFault(shown, name, problem, 'pack the files with deflate, as zip does');
  }
  // The archive's own word on the unpacked size is taken only as far as Deflate could make it true.
  if (entry.uncompressedSize > entry.compressedSize * DEFLATE_MAX_RATIO) {
    throw entryFault(shown, name, 'claims an impossible size', 'get or save the archive again');
  }
}

async function readEntry<T>(
  zip: ZipFile,
  name: string,
  entry: Entry,
  shown: string,
  use: (reader: ByteReader, size: number) => Promise<T>,
): Promise<T> {
  checkEntry(entry, name, shown);
  const reader = new ByteReader(verified(await zip.openReadStreamPromise(entry), name, entry));
  try {
    const result = await use(reader, entry.uncompressedSize);
    if (!(await reader.atEnd())) throw new Error(`${name} holds more bytes than its header says`);
    return result;
  } finally {
    await reader.close();
  }
}

async function* verified(stream: AsyncIterable<Uint8Array>, name: string, entry: Entry): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  for await (const chunk of stream) {
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== entry.crc32) throw new Error(`${name} fails its checksum`);
}

/** A small entry as a whole, without the streams that would cost more than the picture. */
async function readWhole(file: ZipFilePlace, name: string, entry: Entry, shown: string): Promise<Uint8Array> {
  checkEntry(entry, name, shown);
  const { uncompressedSize: size, compressedSize, relativeOffsetOfLocalHeader: start } = entry;
  if (size > IMAGE_BYTES) throw entryFault(shown, name, 'is too large for an image', 'take it out');
  const read = async (position: number, bytes: number): Promise<Buffer> => {
    const into = Buffer.alloc(bytes);
    await storeOf(file.path).readInto(file.path, position, into, file.version);
    return into;
  };
  // The entry's own header may have more extra fields than the archive's list: mostly it has as many or fewer.
  const guess = LOCAL_HEADER + entry.fileNameLength + entry.extraFieldLength + SPARE + compressedSize;
  const first = await read(start, Math.max(LOCAL_HEADER, Math.min(guess, file.size - start)));
  if (first.readUInt32LE() !== 0x04034b50) throw new Error(`${name} is not where it should be`);
  const begin = LOCAL_HEADER + first.readUInt16LE(26) + first.readUInt16LE(28);
  const isThere = begin + compressedSize <= first.length;
  const packed = isThere ? first.subarray(begin, begin + compressedSize) : await read(start + begin, compressedSize);
  const bytes = entry.compressionMethod === 0 ? packed : await unpack(packed, { maxOutputLength: Math.max(1, size) });
  if (bytes.length !== size || crc32(bytes) !== entry.crc32) throw new Error(`${name} fails its checksum`);
  return bytes;
}

const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

async function explainDamage<T>(shown: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${shown}: is a damaged archive (${error instanceof CutShort ? 'it is cut short' : reason(error)}); get or save it again`,
      { cause: error },
    );
  }
}
