/** Who speaks against a label. */
import type { VNode } from 'preact';
import { formatNumber } from '../../../plot/format.js';
import type { Suspect } from '../../audit/counsel.js';
import { usePage, usePart } from '../context.js';
import { Picture } from '../parts/picture.js';
import { className, exampleName } from '../parts/text.js';

/** The training examples that look most like a suspect and carry another label; those that are suspects themselves can be opened. */
export function Opponents({
  opponents = [],
  isListed,
}: {
  readonly opponents: Suspect['opponents'];
  readonly isListed: (index: number) => boolean;
}): VNode | null {
  const { go } = usePage();
  const { classNames } = usePart().result;
  if (opponents.length === 0) return null;
  return (
    <section aria-label="who speaks against it">
      <h3>Looks alike, labelled otherwise</h3>
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
