/** Tables: sorted by a press on a column's head. */
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { usePage } from '../context.js';
import { useFirst } from './first.js';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => ComponentChildren;
  /** Numbers stand at the right. */
  readonly numeric?: boolean;
  /** What rows are sorted by; columns without it are not sorted by. */
  readonly order?: (row: Row) => number | string;
}

/** A table under its title; it scrolls within itself where the page is narrow. @param shown rows shown until more are asked for */
export function DataTable<Row>({
  title,
  columns,
  rows,
  shown = 50,
}: {
  readonly title: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly shown?: number;
}): VNode {
  const [by, setBy] = useState<{ column: number; down: boolean } | undefined>();
  const { isPaper } = usePage();
  const order = by && columns[by.column]?.order;
  const sorted = order ? [...rows].sort((a, b) => compare(order(a), order(b)) * (by.down ? -1 : 1)) : rows;
  const { first, more } = useFirst(sorted, shown);
  return (
    <div>
      <p class="table-title">{title}</p>
      <div class="table" role="region" aria-label={title} tabIndex={0}>
        <table aria-label={title}>
          <thead>
            <tr>
              {columns.map((column, c) => (
                <th
                  key={c}
                  scope="col"
                  class={column.numeric ? 'number' : undefined}
                  aria-sort={by?.column === c ? (by.down ? 'descending' : 'ascending') : undefined}
                >
                  {column.order && !isPaper ? (
                    <button
                      type="button"
                      class="sort"
                      onClick={() => setBy({ column: c, down: by?.column === c ? !by.down : column.numeric === true })}
                    >
                      {column.title}
                    </button>
                  ) : (
                    column.title
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {first.map((row, r) => (
              <tr key={r}>
                {columns.map((column, c) => (
                  <td key={c} class={column.numeric ? 'number' : undefined}>
                    {column.value(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </div>
  );
}

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
}
