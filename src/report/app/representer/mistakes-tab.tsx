/** Mistakes that several test examples share, beside the training points that are behind them. */
import type { VNode } from 'preact';
import { formatSigned } from '../../../plot/format.js';
import type { RepresenterMistake, RepresenterResult } from '../../../results/representer.js';
import { usePage } from '../context.js';
import { ConfusionMatrix } from '../inputs/confusion-matrix.js';
import { Interactive } from '../parts/basics.js';
import { ExampleList } from '../parts/example-list.js';
import { Picture, usePictures } from '../parts/picture.js';
import { className, whereOf } from '../parts/text.js';
import type { Part } from '../payload.js';

/** Members of a group that are shown. */
export const SHOWN_MEMBERS = 24;
/** Groups that are shown while no cell is chosen. */
const GROUPS = 12;

const cellOf = ({ truth, predicted }: RepresenterMistake): string => `${truth.class}>${predicted.class}`;

/** The tab: a press on a cell of the confusion matrix shows its mistakes and their culprits. */
export function MistakesTab({ part }: { readonly part: Part }): VNode {
  const { state, go } = usePage();
  const { mistakes = [], classNames } = part.result as RepresenterResult;
  const { mistake: chosen = '' } = state.of;
  const cells = new Map(mistakes.map((mistake) => [cellOf(mistake), mistake.members.length]));
  const shown = chosen === '' ? mistakes.slice(0, GROUPS) : mistakes.filter((mistake) => fits(mistake, chosen));
  return (
    <section aria-label="mistakes">
      <p class="lede">
        Test examples that the model takes for one and the same wrong class, and the training points that inhibit their
        true class most, taken over the whole group.
      </p>
      <Interactive>
        <ConfusionMatrix
          label="confusion matrix"
          cells={cells}
          classNames={classNames}
          chosen={chosen}
          onChoose={(mistake) => go({ of: { ...state.of, mistake } })}
        />
      </Interactive>
      {shown.map((mistake) => (
        <Mistake key={cellOf(mistake)} mistake={mistake} classNames={classNames} />
      ))}
      {shown.length < mistakes.length && chosen === '' && (
        <p class="muted">{mistakes.length - shown.length} more groups: choose a cell.</p>
      )}
    </section>
  );
}

/** Whether a group is in a cell, a row or a column. */
function fits({ truth, predicted }: RepresenterMistake, cell: string): boolean {
  const [row, column] = cell.split('>');
  return (row === '' || row === String(truth.class)) && (column === '' || column === String(predicted.class));
}

function Mistake({
  mistake,
  classNames,
}: {
  readonly mistake: RepresenterMistake;
  readonly classNames: readonly string[];
}): VNode {
  const { truth, predicted, training, members, memberOrigins } = mistake;
  const has = usePictures();
  const shown = members.slice(0, SHOWN_MEMBERS);
  const where = (i: number) => whereOf(memberOrigins?.[i] ?? {}) || `test example ${members[i]}`;
  return (
    <article class="mistake">
      <h2>
        {truth.label} taken for {predicted.label}
      </h2>
      <p class="muted small">
        {members.length} of {mistake.misclassified} misclassified among {mistake.ofClass} test examples;{' '}
        {training.sameMistake} of {training.misclassified} among {training.ofClass} training examples
      </p>
      <h4>Test examples</h4>
      {shown.some((index) => has({ of: 'test', index })) ? (
        <ol class="batch">
          {shown.map((index, i) => (
            <li key={index}>
              <Picture of={{ of: 'test', index }} size={64} alt={where(i)} />
            </li>
          ))}
        </ol>
      ) : (
        <p>{shown.map((_, i) => where(i)).join(', ')}</p>
      )}
      {members.length > shown.length && <p class="small muted">{members.length - shown.length} more in result.json</p>}
      <ExampleList
        title={`Training points that inhibit ${truth.label}`}
        examples={mistake.inhibitory}
        unit="mean value"
        highlighted={predicted.class}
        opposing
        columns={[
          { title: 'the model says', value: ({ predicted: says }) => className(classNames, says) },
          { title: 'α', numeric: true, order: ({ alpha }) => alpha, value: ({ alpha }) => formatSigned(alpha) },
          {
            title: 'among the strongest for',
            numeric: true,
            order: ({ among }) => among,
            value: ({ among }) => `${among} of ${members.length}`,
          },
        ]}
      />
    </article>
  );
}
