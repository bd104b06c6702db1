/** The conservation ledger of LRP. */
import type { VNode } from 'preact';
import { formatNumber } from '../../../plot/format.js';
import type { AttributeQuery, LedgerRow } from '../../../results/attribute.js';
import { DataTable } from '../parts/data-table.js';

/** Share of the score above which what biases absorbed is worth a hint. */
const MUCH = 0.1;

/** What was absorbed on the way, and by which nodes. */
export function Ledger({
  query: { output, sum },
  ledger,
}: {
  readonly query: AttributeQuery;
  readonly ledger: readonly LedgerRow[];
}): VNode {
  const absorbed = (row: LedgerRow) => row.in - row.out;
  const total = ledger.reduce((all, row) => all + absorbed(row), 0);
  const ofBiases = ledger.reduce((all, row) => all + row.bias, 0);
  const number = (title: string, value: (row: LedgerRow) => number) => ({
    title,
    numeric: true,
    order: (row: LedgerRow) => Math.abs(value(row)),
    value: (row: LedgerRow) => formatNumber(value(row)),
  });
  return (
    <>
      <p>
        Of the score {formatNumber(output)}, {formatNumber(total)} was absorbed on the way, {formatNumber(ofBiases)} of
        it by biases; {formatNumber(sum)} arrived at the input.
        {Math.abs(ofBiases) > MUCH * Math.abs(output) && (
          <>
            {' '}
            With <code>--ignore-bias</code>, they absorb nothing.
          </>
        )}
      </p>
      <DataTable
        title="Conservation ledger, from the output to the input"
        rows={ledger}
        columns={[
          { title: 'node', value: ({ node }) => node },
          { title: 'operator', value: ({ op }) => op },
          { title: 'rule', value: ({ rule }) => rule },
          number('in', (row) => row.in),
          number('out', (row) => row.out),
          number('absorbed by bias', (row) => row.bias),
          number('otherwise', (row) => absorbed(row) - row.bias),
        ]}
      />
    </>
  );
}
