/** A folder of tables: one, or one for each split; or tables that name the pictures beside them. */
import { dirname, join } from '../../storage/paths.js';
import { someOf } from '../printable.js';
import type { Format } from '../source.js';
import { openTable, TABLE_ENDINGS } from '../tables/open-table.js';
import { findTables } from '../tables/table-folder.js';
import { readTables } from '../tables/table-source.js';

/** Reader of `train.csv` and `test.csv`, of Hugging Face's Parquet files, and of `metadata.csv` beside pictures. */
export const tableFolderFormat: Format = {
  in: 'folder',
  expects: `tables (train.csv and test.csv, or one; ${TABLE_ENDINGS.join(' ')}), perhaps metadata.csv beside images`,
  matches: async (place) => (await findTables(place)) !== undefined,
  read: async (place, request) => {
    const { tables, others } = (await findTables(place))!;
    if (others.length > 0) request.notice(`${place.shown}: left out the tables ${someOf(others)}`);
    const parts = [];
    for (const { file, split } of tables) {
      const path = join(place.path, file);
      parts.push({ table: await openTable(path, { file, folder: dirname(path) }, request.memoryLimit), split });
    }
    return readTables(parts, place.shown, request);
  },
};
