/** Decisions before and after, beside each other. */
import type { VNode } from 'preact';
import { formatPercent } from '../../../plot/format.js';
import { DataTable } from '../parts/data-table.js';
import { counted, whereOf } from '../parts/text.js';
import type { CheckChange } from '../../../results/check.js';

/** A row a changed decision, those that became wrong first. */
export function ChangedDecisions({ changes }: { readonly changes: readonly CheckChange[] }): VNode {
  const worse = changes.filter(becameWrong);
  const knows = changes.some(({ truth }) => truth);
  const sorted = [...worse, ...changes.filter((change) => !becameWrong(change))];
  return (
    <section aria-label="changed decisions">
      <h3>
        {counted(changes.length, 'decision')} changed{knows && `, ${worse.length} from right to wrong`}
      </h3>
      <DataTable
        title="Before and after"
        rows={sorted}
        columns={[
          { title: 'probe', order: ({ probe }) => probe, value: nameOf },
          {
            title: 'accepted model',
            order: ({ before }) => before.label,
            value: ({ before }) => `${before.label} ${formatPercent(before.probability)}`,
          },
          {
            title: 'new export',
            order: ({ after }) => after.label,
            value: ({ after }) => (
              <strong>
                {after.label} {formatPercent(after.probability)}
              </strong>
            ),
          },
          ...(knows
            ? [
                {
                  title: 'true class',
                  order: ({ truth }: CheckChange) => truth?.label ?? '',
                  value: ({ truth }: CheckChange) => truth?.label ?? '–',
                },
                { title: 'became', value: (change: CheckChange) => became(change) },
              ]
            : []),
        ]}
      />
    </section>
  );
}

/** Whether the accepted model was right, and the new export is wrong. */
function becameWrong({ before, after, truth }: CheckChange): boolean {
  if (!truth) return false;
  return before.class === truth.class && after.class !== truth.class;
}

function became({ before, after, truth }: CheckChange): string {
  if (!truth) return '–';
  if (after.class === truth.class) return 'right';
  return before.class === truth.class ? 'wrong' : 'wrong otherwise';
}

function nameOf({ input, inputFile, inputRow }: CheckChange): string {
  return whereOf({ file: inputFile, row: inputRow }) || input;
}
