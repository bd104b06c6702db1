/** CSV and Parquet of a list hold the same cells, and of every kind of result there are lists. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { attributeLists } from '../../src/lists/attribute.js';
import { auditLists } from '../../src/lists/audit.js';
import { checkLists } from '../../src/lists/check.js';
import { evaluateLists } from '../../src/lists/evaluate.js';
import { listCsv } from '../../src/lists/csv.js';
import { listParquet } from '../../src/lists/parquet.js';
import { influenceLists } from '../../src/lists/influence.js';
import type { Cell, List } from '../../src/lists/list.js';
import { representerLists } from '../../src/lists/representer.js';
import { traceLists } from '../../src/lists/trace.js';
import { trendsLists } from '../../src/lists/trends.js';
import type { AuditResult } from '../../src/results/audit.js';
import type { Result } from '../../src/results/kinds.js';
import { isResultName } from '../../src/results/result-folder.js';
import { readCsv } from '../helpers/read-csv.js';

async function readParquet(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: bytes.slice().buffer });
}

const columns = [
  { name: 'text', type: 'text' },
  { name: 'integer', type: 'integer' },
  { name: 'number', type: 'number' },
  { name: 'flag', type: 'flag' },
] as const;

// A spreadsheet's formula is the one kind of text that CSV changes.
const words = fc
  .string({ unit: 'grapheme' })
  .filter((text) => text !== '' && !/^[=+\-@\t\r]/.test(text) && !text.includes('\n'));
const row = fc.tuple(
  fc.option(words),
  fc.option(fc.integer()),
  fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  fc.option(fc.boolean()),
);

test('both files give back what the list holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      const list: List = { name: 'any', columns, rows };
      const csv = readCsv(listCsv(list));
      const parquet = await readParquet(listParquet(list));
      rows.forEach((cells: readonly Cell[], i) => {
        columns.forEach(({ name }, c) => {
          const cell = cells[c] ?? null;
          expect(csv[i]![name]).toBe(cell === null ? '' : String(cell));
          const stored = parquet[i]![name] ?? null;
          expect(Object.is(stored, cell) || stored === cell).toBe(true);
        });
      });
    }),
    { numRuns: 60 },
  );
});

test('whole numbers beyond 32 bits survive', async () => {
  const list: List = { name: 'any', columns: [columns[1]], rows: [[3], [2 ** 40], [null]] };
  expect(await readParquet(listParquet(list))).toEqual([{ integer: 3 }, { integer: 2 ** 40 }, { integer: null }]);
});

const context = { classNames: ['cat', 'dog'], dataPath: 'photos', isBundled: () => false };

function listsOf(result: Result): List[] {
  switch (result.kind) {
    case 'trace':
      return traceLists(result, context);
    case 'representer':
      return representerLists(result, context);
    case 'influence':
      return influenceLists(result, context);
    case 'evaluate':
      return evaluateLists(result, context);
    case 'attribute':
      return attributeLists(result, context);
    case 'trends':
      return trendsLists(result, context);
    case 'check':
      return checkLists(result);
    case 'audit': {
      const { suspects } = result as AuditResult;
      return auditLists(
        { suspects: suspects.map((one) => ({ ...one, opponents: one.opponents ?? [] })) },
        suspects,
        context,
      );
    }
  }
}

describe('results of every kind', () => {
  const files = readdirSync('test/fixtures/results').filter((name) => name.endsWith('.json'));
  test.each(files)('%s', async (name) => {
    const result = JSON.parse(readFileSync(`test/fixtures/results/${name}`, 'utf8')) as Result;
    for (const list of listsOf(result)) {
      expect(isResultName(`${list.name}.csv`) && isResultName(`${list.name}.parquet`)).toBe(true);
      if (list.rows.length === 0) continue;
      const csv = readCsv(listCsv(list));
      expect(csv).toHaveLength(list.rows.length);
      expect(await readParquet(listParquet(list))).toHaveLength(list.rows.length);
      expect(new Set(list.columns.map((column) => column.name)).size).toBe(list.columns.length);
    }
  });
});
