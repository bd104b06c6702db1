/** The last layers that methods fitted. */
import type { VNode } from 'preact';
import { formatCount, formatPercent } from '../../../plot/format.js';
import type { EvaluateFit } from '../../../results/evaluate.js';
import { DataTable } from '../parts/data-table.js';

/** By which λ, and how the fit ended; nothing where none was fitted. */
export function Fits({ fits }: { readonly fits: readonly EvaluateFit[] }): VNode | null {
  const rows = fits.flatMap(({ layer: { fit, damping }, ...of }) => (fit ? [{ ...of, ...fit, damping }] : []));
  if (rows.length === 0) return null;
  return (
    <section aria-label="last layers that were fitted">
      <h3>Last layers that were fitted</h3>
      <DataTable
        title="λ of the penalty λ‖Θ‖², how the fit ended, and on what share of the training examples it says what the model says"
        rows={rows}
        columns={[
          { title: 'method', value: ({ method }) => method },
          { title: 'training', value: ({ training }) => training },
          {
            title: 'fitted to',
            value: ({ targets }) => (targets === 'labels' ? 'the labels' : 'the model’s own outputs'),
          },
          { title: 'λ', numeric: true, order: ({ lambda }) => lambda, value: ({ lambda }) => String(lambda) },
          {
            title: 'chosen by',
            value: ({ damping }) =>
              damping ? `leaving out ${formatCount(damping.examples)} examples, one by one` : 'default',
          },
          { title: 'fit', value: ({ status }) => status },
          { title: 'agrees with the model', numeric: true, value: ({ agreement }) => formatPercent(agreement) },
        ]}
      />
    </section>
  );
}
