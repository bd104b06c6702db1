/** A table in one file: CSV, JSON-lines or Parquet. */
import { dirname } from '../../storage/paths.js';
import type { Format } from '../source.js';
import { isTableName, openTable, TABLE_ENDINGS } from '../tables/open-table.js';
import { readTables } from '../tables/table-source.js';

/** Reader of single tables, whose splits are in a column called `split`, or held out. */
export const tableFileFormat: Format = {
  in: 'file',
  expects: `a table with a column of labels (${TABLE_ENDINGS.join(' ')})`,
  matches: ({ path }) => isTableName(path),
  read: async (place, request) => {
    const table = await openTable(place.path, { folder: dirname(place.path) }, request.memoryLimit);
    return readTables([{ table }], place.shown, request);
  },
};
