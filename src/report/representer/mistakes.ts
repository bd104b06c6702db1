/** The part of a representer page on mistakes that several test examples share. */
import { formatCount, formatSigned } from '../../plot/format.js';
import type { Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { RepresenterMistake } from '../../results/representer.js';
import { html } from '../html.js';
import { dataTable, exampleGrid, more } from '../page.js';
import { className } from '../class-name.js';
import { exampleName, originColumns } from '../example-name.js';

/** A group of test points that share a mistake, with pictures. */
export interface MistakeView {
  readonly mistake: RepresenterMistake;
  readonly members: readonly { readonly index: number; readonly image: EmbeddedImage | undefined }[];
  readonly inhibitory: readonly (RepresenterMistake['inhibitory'][number] & {
    readonly image: EmbeddedImage | undefined;
  })[];
}

/** The groups, each with the training points that inhibit its true class. */
export function mistakeSection(mistakes: readonly MistakeView[], classNames: readonly string[]): Markup {
  return html(
    'section',
    { class: 'entry', id: 'mistakes', 'aria-labelledby': 'mistakes-title' },
    html('h2', { id: 'mistakes-title' }, 'Mistakes'),
    html(
      'p',
      { class: 'lede' },
      'Test examples that the model takes for one and the same wrong class, and the training points that inhibit their ' +
        'true class most, taken over the whole group.',
    ),
    mistakes.map(({ mistake, members, inhibitory }, i) => mistakeArticle(mistake, members, inhibitory, i, classNames)),
  );
}

function mistakeArticle(
  mistake: RepresenterMistake,
  members: MistakeView['members'],
  inhibitory: MistakeView['inhibitory'],
  index: number,
  classNames: readonly string[],
): Markup {
  const { truth, predicted, training } = mistake;
  const id = `mistake-${index}`;
  const images = [...members, ...inhibitory].some(({ image }) => image);
  return html(
    'article',
    { class: 'part', id, 'aria-labelledby': `${id}-title` },
    html(
      'div',
      { class: 'part-title' },
      html('h4', { id: `${id}-title` }, `${truth.label} taken for ${predicted.label}`),
      html(
        'span',
        { class: 'muted small' },
        `${formatCount(mistake.members.length)} of ${formatCount(mistake.misclassified)} misclassified among ` +
          `${formatCount(mistake.ofClass)} test examples; ${formatCount(training.sameMistake)} of ` +
          `${formatCount(training.misclassified)} among ${formatCount(training.ofClass)} training examples`,
      ),
    ),
    images
      ? [
          html('h5', {}, 'Test examples'),
          exampleGrid(
            members.map((member) => ({
              image: member.image,
              alt: `test image ${member.index}`,
              caption: truth.label,
              detail: `test ${member.index}`,
            })),
          ),
          html('h5', {}, `Training images that inhibit ${truth.label}`),
          exampleGrid(
            inhibitory.map((point) => ({
              image: point.image,
              alt: exampleName(point),
              caption: className(classNames, point.label),
              detail: `for ${point.among} of ${mistake.members.length}`,
              highlighted: point.label === predicted.class,
            })),
            true,
          ),
        ]
      : undefined,
    more(
      'Numbers',
      dataTable(
        `Training points that inhibit ${truth.label}`,
        [
          { title: 'example', numeric: true, value: ({ index: point }) => formatCount(point) },
          ...originColumns(inhibitory),
          { title: 'class', value: ({ label }) => className(classNames, label) },
          { title: 'the model says', value: ({ predicted: says }) => className(classNames, says) },
          { title: 'mean value', numeric: true, value: ({ value }) => formatSigned(value) },
          { title: 'α', numeric: true, value: ({ alpha }) => formatSigned(alpha) },
          {
            title: 'among the strongest for',
            numeric: true,
            value: ({ among }) => `${among} of ${mistake.members.length}`,
          },
        ],
        inhibitory,
      ),
    ),
  );
}
