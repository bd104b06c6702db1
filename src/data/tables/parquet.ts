/** Parquet: columns with types, read a row group at a time. */
import { open, stat } from 'node:fs/promises';
import { parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, FileMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { InputError } from '../../errors.js';
import { explainFileError } from '../../files.js';
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
      batches: (wanted) => readGroups(file, metadata, columns, wanted, shown, memoryLimit),
    };
  });
}

async function* readGroups(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly string[],
  wanted: readonly number[],
  shown: string,
  memoryLimit: number,
): AsyncGenerator<Batch> {
  let start = 0;
  for (const group of metadata.row_groups) {
    const length = Number(group.num_rows);
    if (length === 0) continue;
    const batch = await explainDamage(shown, async () => {
      checkGroup(group, wanted, columns, shown, memoryLimit);
      const cells: ArrayLike<Cell>[] = [];
      for (const column of wanted) {
        const name = columns[column]!;
        for (const chunk of group.columns) {
          if (chunk.meta_data?.path_in_schema[0] === name) await checkChunk(file, chunk.meta_data, memoryLimit);
        }
        const rows = await parquetScan({
          file,
          metadata: { ...metadata, row_groups: [group], num_rows: group.num_rows },
          columns: [name],
          useOffsetIndex: false,
          compressors,
          utf8: false,
          geoparquet: false,
        });
        const data = await rows.readColumn({ column: name, rowStart: 0, rowEnd: length });
        if (data.length !== length) throw new Error(`a column has ${data.length} of ${length} rows`);
        cells[column] = data as ArrayLike<Cell>;
      }
      return { length, columns: cells, places: Array.from({ length }, (_, i) => start + i) };
    });
    yield batch;
    start += length;
  }
}

type ColumnMetaData = NonNullable<RowGroup['columns'][number]['meta_data']>;

/** Where a column's pages lie, and what they may unpack to. */
async function checkChunk(file: AsyncBuffer, chunk: ColumnMetaData, memoryLimit: number): Promise<void> {
  const data = Number(chunk.data_page_offset);
  const dictionary = Number(chunk.dictionary_page_offset ?? 0);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const bytes = new Uint8Array(await file.slice(start, start + Number(chunk.total_compressed_size)));
  checkPages(bytes, { codec: chunk.codec, values: Number(chunk.num_values), bytes: memoryLimit });
}

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
  const { size } = await stat(path);
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      if (!(start >= 0 && start <= end && end <= size)) throw new Error('it refers to bytes that it does not have');
      const bytes = new Uint8Array(end - start);
      const file = await open(path);
      try {
        for (let at = 0; at < bytes.length;) {
          const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
          if (bytesRead === 0) throw new Error('it became shorter while it was read');
          at += bytesRead;
        }
      } finally {
        await file.close();
      }
      return bytes.buffer;
    },
  };
}

/** What the library says of a file that is none as an error that a user can act on. */
async function explainDamage<T>(shown: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const explained = explainFileError(error, shown);
    if (explained instanceof InputError) throw explained;
    throw new InputError(
      { file: shown, problem: `is a damaged Parquet file (${reason(error)})`, mend: 'get or save it again' },
      { cause: error },
    );
  }
}
