/** The files of a tar archive, gzipped or not. It has no list of what it holds, so it is read once, and held in memory. */
import { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { InputError } from '../../errors.js';
import { openBytes, type ByteReader } from '../byte-reader.js';
import { IMAGE_BYTES, isImageName } from '../pictures/image-file.js';
import { bytesText, printable, reason } from '../printable.js';
import { addEntry, entryFault, entryPath } from './entry-path.js';
import { archiveTree, type ArchiveFile, type FileTree } from './file-tree.js';

const CHUNK = 1 << 18;

/**
 * Reads an archive. Pictures are kept as they are stored, such as JPEG; other files are only listed.
 * @param memoryLimit bytes that the archive may unpack to
 * @throws InputError when it is damaged or larger than that, or an entry is there twice, leads out of it, or is a link or
 *   a device
 */
export async function openTar(
  path: string,
  memoryLimit: number,
): Promise<{ readonly tree: FileTree; readonly names: readonly string[] }> {
  const shown = printable(path);
  const { reader } = await openBytes(path);
  const files = new Map<string, ArchiveFile>();
  const input = Readable.from(chunks(reader, memoryLimit, shown));
  const tar = extract();
  // pipe() forwards no errors: without this the reader would wait for ever.
  input.on('error', (error) => tar.destroy(error));
  input.pipe(tar);
  try {
    for await (const entry of tar) {
      const { name, type } = entry.header;
      const entryName = entryPath(shown, name);
      checkType(entry.header, shown);
      if (type === 'directory' || entryName === '') {
        entry.resume();
        continue;
      }
      if (!isImageName(entryName)) {
        const size = entry.header.size ?? 0;
        entry.resume();
        addEntry(files, shown, entryName, { size, read: () => Promise.resolve(new Uint8Array(0)) });
        continue;
      }
      const parts: Uint8Array[] = [];
      for await (const part of entry) parts.push(part as Uint8Array);
      const bytes = Buffer.concat(parts);
      if (bytes.length > IMAGE_BYTES) throw entryFault(shown, name, 'is too large for an image', 'take it out');
      addEntry(files, shown, entryName, { size: bytes.length, read: () => Promise.resolve(bytes) });
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      { file: shown, problem: `is a damaged archive (${reason(error)})`, mend: 'get or save it again' },
      { cause: error },
    );
  } finally {
    input.destroy();
    tar.destroy();
    await reader.close();
  }
  return { tree: archiveTree(shown, files), names: [...files.keys()] };
}

async function* chunks(reader: ByteReader, memoryLimit: number, shown: string): AsyncGenerator<Uint8Array> {
  for (let total = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const filled = await reader.fill(chunk);
    total += filled;
    if (total > memoryLimit) {
      throw new InputError({
        file: shown,
        problem: `unpacks to more than the memory limit of ${bytesText(memoryLimit)}`,
        mend: 'unpack it first (tar xf) and give the folder',
      });
    }
    if (filled > 0) yield chunk.subarray(0, filled);
    if (filled < CHUNK) return;
  }
}

function checkType({ name, type }: Header, shown: string): void {
  if (type === 'file' || type === 'contiguous-file' || type === 'directory' || !type) return;
  const what = type === 'symlink' || type === 'link' ? 'a link' : `a ${type.replace('-', ' ')}`;
  throw entryFault(shown, name, `is ${what}, expected a file`, 'pack the files themselves: tar --dereference');
}
