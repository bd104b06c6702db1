/** Lists of a trace: training examples and training steps. */
import { formatCount, formatNumber, formatSigned } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { TraceBatch, TraceQuery } from '../../results/trace.js';
import { className } from '../class-name.js';
import { exampleName, originColumns } from '../example-name.js';
import { html } from '../html.js';
import { dataTable, exampleGrid, type Column } from '../page.js';
import { exampleScore, type PicturedExample } from './figures.js';

/** Examples as pictures, or as a table where there are none. @param opposing they oppose */
export function exampleList(
  title: string,
  examples: readonly PicturedExample[],
  query: TraceQuery,
  classNames: readonly string[],
  opposing = false,
): Content {
  if (!examples.some(({ image }) => image)) {
    const cosineColumn: Column<PicturedExample> = {
      title: 'Σ cosine',
      numeric: true,
      value: ({ cosine }) => (cosine === undefined ? undefined : formatNumber(cosine)),
    };
    const ranksByCosine = examples.some(({ cosine }) => cosine !== undefined);
    return dataTable(
      title,
      [
        { title: 'example', numeric: true, value: ({ index }) => formatCount(index) },
        ...originColumns(examples),
        {
          title: 'class',
          value: ({ label }) =>
            html(
              'span',
              { class: label === query.predicted.class ? 'accent' : undefined },
              className(classNames, label),
            ),
        },
        { title: 'γ', numeric: true, value: ({ gamma }) => formatNumber(gamma) },
        ...(ranksByCosine ? [cosineColumn] : []),
        ...contrastColumn(examples),
        { title: 'steps', numeric: true, value: ({ steps }) => formatCount(steps) },
      ],
      examples,
    );
  }
  return html(
    'div',
    { class: 'wide' },
    html('h5', {}, title),
    exampleGrid(
      examples.map((example) => ({
        image: example.image,
        alt: exampleName(example),
        caption: className(classNames, example.label),
        detail: exampleScore(example),
        highlighted: example.label === query.predicted.class,
      })),
      opposing,
    ),
  );
}

/** Single training steps. */
export function batchTable(batches: readonly TraceBatch[], classNames: readonly string[]): Markup {
  return dataTable(
    batches.some(({ contrast }) => contrast !== undefined)
      ? 'Single training steps that stand out most'
      : 'Single training steps with the largest γ',
    [
      { title: 'step', numeric: true, value: ({ step }) => formatCount(step) },
      { title: 'class', value: ({ label }) => (label === null ? 'several' : className(classNames, label)) },
      { title: 'γ', numeric: true, value: ({ gamma }) => formatNumber(gamma) },
      ...contrastColumn(batches),
      { title: 'cosine', numeric: true, value: ({ cosine }) => formatNumber(cosine) },
    ],
    batches,
  );
}

/** The column of what ranks where it is a contrast. */
function contrastColumn<Row extends { readonly contrast?: number | undefined }>(rows: readonly Row[]): Column<Row>[] {
  if (!rows.some(({ contrast }) => contrast !== undefined)) return [];
  const value = ({ contrast }: Row) => (contrast === undefined ? undefined : formatSigned(contrast));
  return [{ title: 'contrast', numeric: true, value }];
}
