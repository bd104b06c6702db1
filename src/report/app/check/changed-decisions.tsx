/** Decisions before and after, beside each other. */
import type { VNode } from 'preact';
import { formatPercent } from '../../../plot/format.js';
import { DataTable } from '../parts/data-table.js';
import { counted, whereOf } from '../parts/text.js';
import type { DecisionChange } from './changes.js';

/** A row a changed decision, those that became wrong first. */
export function ChangedDecisions({ changes }: { readonly changes: readonly DecisionChange[] }): VNode {
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
                  order: ({ truth }: DecisionChange) => truth?.label ?? '',
                  value: ({ truth }: DecisionChange) => truth?.label ?? '–',
                },
                { title: 'became', value: (change: DecisionChange) => became(change) },
              ]
            : []),
        ]}
      />
    </section>
  );
}

/** Whether the accepted model was right, and the new export is wrong. */
function becameWrong({ before, after, truth }: DecisionChange): boolean {
  if (!truth) return false;
  return before.class === truth.class && after.class !== truth.class;
}

function became({ before, after, truth }: DecisionChange): string {
  if (!truth) return '–';
  if (after.class === truth.class) return 'right';
  return before.class === truth.class ? 'wrong' : 'wrong otherwise';
}

function nameOf({ probe, input, file, row }: DecisionChange): string {
  const where = whereOf({ file, row });
  return input ?? (where === '' ? String(probe) : `${probe} (${where})`);
}
