/** Parquet: columns with types, read a row group at a time. */
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, FileMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { InputError, inPlace } from '../../errors.js';
import { storeOf } from '../../storage/registry.js';
import { CutShort, NotThere } from '../../storage/store.js';
import { bytesText, countText, reason } from '../printable.js';
import { checkPages } from './parquet-pages.js';
import { MOST_CELLS, type Batch, type Cell, type Table } from './table.js';

/** Rows of one group are in memory at once. */
const MOST_GROUP_ROWS = 1 << 24;
const LONGEST_FOOTER = 1 << 28;

/**
 * Opens a Parquet file and reads its footer.
 * @param path the file
 * @param about how the table is called, and where the files are that it names
 * @param memoryLimit bytes that a row group may take
 * @throws InputError when it is no Parquet file, or a damaged one
 */
export async function openParquet(
  path: string,
  about: Pick<Table, 'shown' | 'file' | 'folder'>,
  memoryLimit: number,
): Promise<Table> {
  const { shown } = about;
  return explainDamage(shown, async () => {
    const file = await fileBuffer(path);
    const metadata = await readFooter(file);
    const children = parquetSchema(metadata).children;
    const columns = children.map(({ element }) => element.name);
    if (columns.length > MOST_CELLS) throw new Error('its rows have too many columns');
    if (columns.some((name) => typeof name !== 'string')) throw new Error('a column has no name');
    const twice = columns.find((name, i) => columns.indexOf(name) !== i);
    if (twice !== undefined) throw new Error('a column is there twice');
    const namesOf = classNamesIn(metadata);
    return {
      ...about,
      columns,
      counts: 'row',
      typed: true,
      pictureColumns: new Set(children.flatMap((child, i) => (holdsFiles(child) ? [i] : []))),
      classNames: (column) => namesOf(columns[column]!),
      batches: (wanted) => readGroups(file, metadata, children, wanted, shown, memoryLimit),
    };
  });
}

async function* readGroups(
  file: AsyncBuffer,
  metadata: FileMetaData,
  schema: readonly SchemaTree[],
  wanted: readonly number[],
  shown: string,
  memoryLimit: number,
): AsyncGenerator<Batch> {
  const columns = schema.map(({ element }) => element.name);
  let start = 0;
  for (const group of metadata.row_groups) {
    const length = Number(group.num_rows);
    if (length === 0) continue;
    const batch = await explainDamage(shown, async () => {
      checkGroup(group, wanted, columns, shown, memoryLimit);
      const cells: ArrayLike<Cell>[] = [];
      for (const column of wanted) {
        const name = columns[column]!;
        const chunks: Chunk[] = [];
        const own = group.columns.flatMap(({ meta_data: chunk }) => (chunk?.path_in_schema[0] === name ? [chunk] : []));
        checkPaths(own, schema[column]!);
        for (const chunk of own) chunks.push(await readChunk(file, chunk, memoryLimit));
        const pieces: ArrayLike<Cell>[] = [];
        await parquetRead({
          file: chunkBuffer(file.byteLength, chunks),
          metadata: { ...metadata, row_groups: [group], num_rows: group.num_rows },
          columns: [name],
          compressors,
          utf8: false,
          geoparquet: false,
          onChunk: ({ columnData }) => pieces.push(columnData as ArrayLike<Cell>),
        });
        const data = pieces.length === 1 ? pieces[0]! : pieces.flatMap((piece) => Array.from(piece));
        if (data.length !== length) throw new Error(`a column has ${data.length} of ${length} rows`);
        cells[column] = data;
      }
      return { length, columns: cells, places: Array.from({ length }, (_, i) => start + i) };
    });
    yield batch;
    start += length;
  }
}

type ColumnMetaData = NonNullable<RowGroup['columns'][number]['meta_data']>;

/** What a row group has of a column must be what the schema says: of anything else the library would lose an error. */
function checkPaths(chunks: readonly ColumnMetaData[], column: SchemaTree): void {
  const leaves = (tree: SchemaTree): string[] =>
    tree.children.length === 0 ? [JSON.stringify(tree.path)] : tree.children.flatMap(leaves);
  const found = chunks.map(({ path_in_schema }) => JSON.stringify(path_in_schema));
  const expected = leaves(column);
  if (found.length !== expected.length || !found.every((path, i) => path === expected[i])) {
    throw new Error('its columns are not those of its schema');
  }
}

/** Bytes of a file, and where they stand in it. */
interface Chunk {
  readonly start: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A column's pages, whose headers claim nothing impossible. */
async function readChunk(file: AsyncBuffer, chunk: ColumnMetaData, memoryLimit: number): Promise<Chunk> {
  const data = Number(chunk.data_page_offset);
  const dictionary = Number(chunk.dictionary_page_offset ?? 0);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const bytes = new Uint8Array(await file.slice(start, start + Number(chunk.total_compressed_size)));
  checkPages(bytes, { codec: chunk.codec, values: Number(chunk.num_values), bytes: memoryLimit });
  return { start, bytes };
}

/** These bytes as a file for the library, which must not find others than were checked. */
function chunkBuffer(byteLength: number, chunks: readonly Chunk[]): AsyncBuffer {
  const sorted = [...chunks].sort((a, b) => a.start - b.start);
  return {
    byteLength,
    slice: (start, end = byteLength) => {
      if (!(start >= 0 && start <= end && end <= byteLength)) throw outside();
      const result = new Uint8Array(end - start);
      let at = start;
      for (const { start: first, bytes } of sorted) {
        if (first > at || first + bytes.length <= at) continue;
        const piece = bytes.subarray(at - first, end - first);
        result.set(piece, at - start);
        at += piece.length;
      }
      if (at < end) throw outside();
      return result.buffer;
    },
  };
}

const outside = (): Error => new Error('it refers to bytes that it does not have');

function checkGroup(
  { columns: chunks, num_rows }: RowGroup,
  wanted: readonly number[],
  columns: readonly string[],
  shown: string,
  memoryLimit: number,
): void {
  const names = new Set(wanted.map((column) => columns[column]!));
  const read = chunks.flatMap(({ meta_data }) =>
    meta_data && names.has(meta_data.path_in_schema[0]!) ? [meta_data] : [],
  );
  const bytes = read.reduce((sum, { total_uncompressed_size }) => sum + Number(total_uncompressed_size), 0);
  const values = read.reduce((sum, { num_values }) => sum + Number(num_values), 0);
  if (![bytes, values, Number(num_rows)].every((number) => Number.isSafeInteger(number) && number >= 0)) {
    throw new Error('its footer holds impossible numbers');
  }
  if (bytes <= memoryLimit && values * 8 <= memoryLimit && Number(num_rows) <= MOST_GROUP_ROWS) return;
  throw new InputError({
    file: shown,
    problem: `a group of ${countText(Number(num_rows))} rows takes ${bytesText(Math.max(bytes, values * 8))}, more than is read at once`,
    mend: 'save it in smaller groups: df.to_parquet(file, row_group_size=10_000)',
  });
}

async function readFooter(file: AsyncBuffer): Promise<FileMetaData> {
  if (file.byteLength < 12) throw new Error('it is too short');
  const tail = new DataView(await file.slice(file.byteLength - 8, file.byteLength));
  const length = tail.getUint32(0, true);
  if (length > Math.min(LONGEST_FOOTER, file.byteLength - 12)) throw new Error('its footer is cut short');
  const metadata = await parquetMetadataAsync(file, { geoparquet: false, initialFetchSize: length + 8 });
  const rows = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  if (rows !== metadata.num_rows) throw new Error('its row groups have other rows than its footer says');
  return metadata;
}

/** Whether a column holds files as Hugging Face stores them: their bytes and what they were called. */
function holdsFiles({ children }: SchemaTree): boolean {
  return children.some(({ element }) => element.name === 'bytes' && element.type === 'BYTE_ARRAY');
}

/** Names of classes that Hugging Face's `datasets` writes beside the schema. */
function classNamesIn(metadata: FileMetaData): (column: string) => string[] | undefined {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  return (column) => {
    try {
      const known = JSON.parse(text ?? '{}') as { info?: { features?: Record<string, { names?: unknown }> } };
      const names = known.info?.features?.[column]?.names;
      const areNames = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string');
      return areNames ? names : undefined;
    } catch {
      return undefined;
    }
  };
}

/** A file that is opened for each piece read from it, so that none is left open. */
async function fileBuffer(path: string): Promise<AsyncBuffer> {
  const store = storeOf(path);
  const found = await store.look(path);
  if (!found) throw new NotThere({ file: path, problem: 'no such file or folder', mend: 'check the path' });
  const { size, version } = found;
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      if (!(start >= 0 && start <= end && end <= size)) throw outside();
      const bytes = new Uint8Array(end - start);
      await store.readInto(path, start, bytes, version).catch((error: unknown) => {
        throw error instanceof CutShort ? new Error('it became shorter while it was read') : error;
      });
      return bytes.buffer;
    },
  };
}

/** What the library says of a file that is none as an error that a user can act on. */
async function explainDamage<T>(shown: string, read: () => Promise<T>): Promise<T> {
  try {
    return await inPlace(shown, read);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      { file: shown, problem: `is a damaged Parquet file (${reason(error)})`, mend: 'get or save it again' },
      { cause: error },
    );
  }
}
