/** Who speaks against a label. */
import type { VNode } from 'preact';
import { formatNumber } from '../../../plot/format.js';
import type { Suspect } from '../../audit/counsel.js';
import { usePage, usePart } from '../context.js';
import { DataTable } from '../parts/data-table.js';
import { Picture } from '../parts/picture.js';
import { className, exampleName } from '../parts/text.js';
import { writtenColumns } from '../parts/written.js';

const TITLE = 'Looks alike, labelled otherwise';

/** The training examples that look most like a suspect and carry another label; those that are suspects themselves can be opened. */
export function Opponents({
  opponents = [],
  isListed,
}: {
  readonly opponents: Suspect['opponents'];
  readonly isListed: (index: number) => boolean;
}): VNode | null {
  const { go } = usePage();
  const part = usePart();
  const { classNames } = part.result;
  if (opponents.length === 0) return null;
  const written = writtenColumns(part, opponents);
  if (written.length > 0) {
    return (
      <DataTable
        title={TITLE}
        rows={opponents}
        columns={[
          {
            title: 'example',
            numeric: true,
            order: ({ index }) => index,
            value: ({ index }) =>
              isListed(index) ? (
                <button type="button" class="link" onClick={() => go({ example: index })}>
                  {index}
                </button>
              ) : (
                index
              ),
          },
          { title: 'class', value: ({ label }) => className(classNames, label) },
          {
            title: 'cosine',
            numeric: true,
            order: ({ similarity }) => similarity,
            value: ({ similarity }) => formatNumber(similarity),
          },
          ...written,
        ]}
      />
    );
  }
  return (
    <section aria-label="who speaks against it">
      <h3>{TITLE}</h3>
      <ol class="examples opposed">
        {opponents.map(({ similarity, ...opponent }) => {
          const { index, label } = opponent;
          const inside = (
            <>
              <Picture of={{ of: 'train', index }} size={84} alt={exampleName(opponent, 'training image')} />
              <span>{className(classNames, label)}</span>
              <span class="muted small">
                {index}, cosine {formatNumber(similarity)}
              </span>
            </>
          );
          return (
            <li key={index}>
              {isListed(index) ? (
                <button type="button" class="tile" onClick={() => go({ example: index })}>
                  {inside}
                </button>
              ) : (
                inside
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
