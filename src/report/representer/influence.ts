/** Influence functions on the page of a representer result, and pictures of training points with their values. */
import { formatCount, formatNumber, formatPercent, formatSigned } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { RepresenterInfluence, RepresenterQuery } from '../../results/representer.js';
import { html } from '../html.js';
import { dataTable, exampleGrid, factList, more, plotFigure } from '../page.js';
import { magnitudePlot } from './figures.js';
import { className } from '../class-name.js';
import { exampleName, originColumns } from '../example-name.js';

/** A training point with its picture. */
type PicturedInfluence = RepresenterInfluence['helpful'][number] & { readonly image: EmbeddedImage | undefined };

/** The training points that influence functions list, with pictures. */
export type PicturedInfluences = Readonly<Record<'helpful' | 'harmful', readonly PicturedInfluence[]>>;

/** What influence functions list for a query, and how their values are distributed beside representer values. */
export function influencePart(
  influence: RepresenterInfluence,
  pictured: PicturedInfluences,
  query: RepresenterQuery,
  classNames: readonly string[],
): Content {
  return [
    html('h3', {}, 'What influence functions say'),
    html('h5', {}, 'Without them the loss would grow'),
    influenceList('Helpful training points', pictured.helpful, query, classNames),
    html('h5', {}, 'Without them it would shrink'),
    influenceList('Harmful training points', pictured.harmful, query, classNames, true),
    html(
      'div',
      { class: 'pair' },
      plotFigure(magnitudePlot(influence), 'How the values of all training points fall off from the largest one.'),
      factList([
        ['time', `${formatNumber(influence.seconds)} s`],
        ['time of representer values', `${formatNumber(query.seconds)} s`],
        ['largest influence', formatNumber(influence.maxAbsValue)],
        ['exactly zero', formatPercent(influence.zeros)],
        ['rank correlation with representer values', formatNumber(influence.spearman)],
        ['iterations', formatCount(influence.iterations)],
      ]),
    ),
  ];
}

function influenceList(
  title: string,
  points: readonly PicturedInfluence[],
  query: RepresenterQuery,
  classNames: readonly string[],
  opposing = false,
): Content {
  const numbers = dataTable(
    title,
    [
      { title: 'example', numeric: true, value: ({ index }) => formatCount(index) },
      ...originColumns(points),
      { title: 'class', value: ({ label }) => className(classNames, label) },
      { title: 'influence', numeric: true, value: ({ value }) => formatSigned(value) },
    ],
    points,
  );
  return pictureList(points, numbers, query, classNames, opposing);
}

/** Points as pictures, with their numbers to unfold; as numbers alone where there are no pictures. */
export function pictureList(
  points: readonly PicturedInfluence[],
  numbers: Markup,
  query: RepresenterQuery,
  classNames: readonly string[],
  opposing: boolean,
): Content {
  if (points.length === 0) return html('p', { class: 'muted' }, 'There are none.');
  if (!points.some(({ image }) => image)) return numbers;
  return [pictureGrid(points, query, classNames, opposing), more('Numbers', numbers)];
}

/** Training images with their classes and values. */
function pictureGrid(
  points: readonly PicturedInfluence[],
  { target }: RepresenterQuery,
  classNames: readonly string[],
  opposing: boolean,
): Markup {
  return exampleGrid(
    points.map(({ image, label, value, ...point }) => ({
      image,
      alt: exampleName(point),
      caption: className(classNames, label),
      detail: formatSigned(value),
      highlighted: label === target.class,
    })),
    opposing,
  );
}
