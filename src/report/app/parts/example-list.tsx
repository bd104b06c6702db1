/** Training examples as pictures, or as a table where there are none; a press opens the example. */
import type { VNode } from 'preact';
import { formatSigned } from '../../../plot/format.js';
import { usePage, usePart } from '../context.js';
import { VerdictBadge } from '../examples/verdict-buttons.js';
import type { ListedExample } from '../kind-view.js';
import { pictureKey } from '../payload.js';
import { DataTable, type Column } from './data-table.js';
import { Picture } from './picture.js';
import { writtenColumns } from './written.js';
import { className, counted, exampleName, notesLine, whereOf } from './text.js';

/** An example with its value. */
export interface ValuedExample extends ListedExample {
  readonly value: number;
}

/** What a list shows. */
export interface ExampleListProps<E extends ValuedExample> {
  readonly title: string;
  readonly examples: readonly E[];
  /** What the values are: the head of their column. */
  readonly unit: string;
  /** The class that is singled out: the predicted one. */
  readonly highlighted?: number | undefined;
  /** How many there are in the result, where these are not all. */
  readonly all?: number;
  /** They oppose. */
  readonly opposing?: boolean;
  /** More columns, where there are no pictures. */
  readonly columns?: readonly Column<E>[];
}

/** A list of training examples. */
export function ExampleList<E extends ValuedExample>(props: ExampleListProps<E>): VNode {
  const { title, examples, unit, highlighted, opposing, columns = [], all = examples.length } = props;
  const rest = all > examples.length && (
    <p class="small muted">{counted(all - examples.length, 'more is', 'more are')} in result.json.</p>
  );
  const { go, isPaper } = usePage();
  const part = usePart();
  const { pictures, result } = part;
  const name = (label: number) => className(result.classNames, label);
  const open = (example: ListedExample) => () => go({ tab: 'examples', example: example.index });
  if (!examples.some(({ index }) => pictureKey({ of: 'train', index }) in pictures)) {
    return (
      <>
        <DataTable
          title={title}
          rows={examples}
          shown={20}
          columns={[
            {
              title: 'example',
              numeric: true,
              order: ({ index }) => index,
              value: (example) =>
                isPaper ? (
                  example.index
                ) : (
                  <button type="button" class="link" onClick={open(example)}>
                    {example.index}
                  </button>
                ),
            },
            ...originColumns(examples),
            {
              title: 'class',
              order: ({ label }) => name(label),
              value: ({ label }) => <span class={label === highlighted ? 'accent' : undefined}>{name(label)}</span>,
            },
            { title: unit, numeric: true, order: ({ value }) => value, value: ({ value }) => formatSigned(value) },
            ...columns,
            ...writtenColumns(part, examples),
          ]}
        />
        {rest}
      </>
    );
  }
  return (
    <div class="wide">
      <h4>{title}</h4>
      <ol class={`examples${opposing ? ' opposed' : ''}`}>
        {examples.map((example) => {
          const inside = (
            <>
              <Picture
                of={{ of: 'train', index: example.index }}
                size={84}
                alt={exampleName(example, 'training image')}
              />
              <span class={example.label === highlighted ? 'accent' : undefined}>{name(example.label)}</span>
              <span class="muted small">{formatSigned(example.value)}</span>
              <VerdictBadge index={example.index} />
            </>
          );
          return (
            <li key={example.index}>
              {isPaper ? (
                inside
              ) : (
                <button type="button" class="tile" onClick={open(example)}>
                  {inside}
                </button>
              )}
            </li>
          );
        })}
      </ol>
      {rest}
    </div>
  );
}

/** The columns that say where examples are, and what is stored beside them; none where the result does not say it. */
export function originColumns<E extends ListedExample>(examples: readonly E[]): Column<E>[] {
  const where = examples.some((example) => whereOf(example) !== '');
  const notes = examples.some((example) => notesLine(example.notes) !== '');
  return [
    ...(where ? [{ title: 'where', order: (e: E) => whereOf(e), value: (e: E) => whereOf(e) }] : []),
    ...(notes ? [{ title: 'text', value: (e: E) => notesLine(e.notes) }] : []),
  ];
}
