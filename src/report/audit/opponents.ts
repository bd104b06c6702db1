/** The first suspects beside the training examples that speak against their labels. */
import { formatNumber } from '../../plot/format.js';
import type { Markup } from '../../plot/markup.js';
import { className } from '../class-name.js';
import { exampleName } from '../example-name.js';
import { html } from '../html.js';
import { exampleGrid } from '../page.js';
import { suspectRemark, type PicturedSuspect } from './figures.js';

/** Suspects whose opponents are shown as pictures. */
export const SHOWN_WITH_OPPONENTS = 12;

/** One row of pictures for each of the first suspects; nothing where there are no pictures. */
export function opponentSection(
  suspects: readonly PicturedSuspect[],
  classNames: readonly string[],
): Markup | undefined {
  const shown = suspects.filter(({ opponentImages }) => opponentImages?.some((image) => image));
  if (shown.length === 0) return undefined;
  return html(
    'section',
    { class: 'entry', 'aria-labelledby': 'opponents-title' },
    html('h2', { id: 'opponents-title' }, 'Who speaks against them'),
    html(
      'p',
      { class: 'lede' },
      'The first suspects, each followed by the training examples that look most like it to the last layer and carry another ' +
        'label; below them the cosine of their features.',
    ),
    shown.map((suspect) =>
      exampleGrid([
        {
          image: suspect.image,
          alt: exampleName(suspect),
          caption: className(classNames, suspect.label),
          detail: suspectRemark(suspect, classNames),
          highlighted: true,
        },
        ...suspect.opponents.map(({ similarity, ...opponent }, i) => ({
          image: suspect.opponentImages?.[i],
          alt: exampleName(opponent),
          caption: className(classNames, opponent.label),
          detail: formatNumber(similarity),
        })),
      ]),
    ),
  );
}
