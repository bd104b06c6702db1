/**
 * The parts that all reports are built from: one self-contained HTML page that works from disk and without a network,
 * in light and dark, from phone width up. None needs a script.
 */
import { formatPercent } from '../plot/format.js';
import type { Content, Markup } from '../plot/markup.js';
import { enlarged, type EmbeddedImage } from '../plot/pixel-image.js';
import { embedSvg } from '../plot/svg.js';
import type { Result } from '../results/kinds.js';
import { html } from './html.js';
import type { InlineScript } from './inline-script.js';
import { pageStyles } from './page-styles.js';

/** What a page holds. */
export interface PageOptions {
  /** What the reader came for, in the title bar and at the very top. */
  readonly title: string;
  /** Beside the title: which command, model and data. */
  readonly subtitle: string;
  /** The sections, most important first. */
  readonly content: Content;
  /** The result shown, for the provenance at the end. */
  readonly result: Result;
  /** A remark at the very end, such as which files lie beside the page. */
  readonly remark?: string;
  /** What makes the page more than a sheet of paper; without it everything must still be there. */
  readonly script?: InlineScript;
}

/**
 * The whole page as text. It allows itself no network, no script but the one given, by its hash, and no foreign frame, whatever
 * its data says.
 */
export function renderPage({ title, subtitle, content, result, remark, script }: PageOptions): string {
  const allowed = script ? `; script-src 'sha256-${script.sha256}'` : '';
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'${allowed}`;
  const page = html(
    'html',
    { lang: 'en' },
    html(
      'head',
      {},
      html('meta', { charset: 'utf-8' }),
      html('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
      html('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      html('meta', { name: 'color-scheme', content: 'light dark' }),
      html('title', {}, title),
      html('style', {}, { markup: pageStyles() }),
    ),
    html(
      'body',
      {},
      html('a', { class: 'skip', href: '#content' }, 'Skip to the content'),
      html(
        'header',
        { class: 'masthead' },
        html('div', { class: 'wrap' }, html('h1', {}, title), html('span', { class: 'muted' }, subtitle)),
      ),
      html('main', { class: 'wrap', id: 'content', tabindex: -1 }, content),
      html('footer', {}, html('div', { class: 'wrap' }, provenance(result), remark && html('p', {}, remark))),
      script && html('script', {}, { markup: script.text }),
    ),
  );
  return `<!doctype html>\n${page.markup}\n`;
}

/** Where a result comes from, as the last thing on each page. */
function provenance({ tool, model, data, options, sign }: Result): Content {
  const entries: [string, string][] = [
    ['written by', `${tool.name} ${tool.version}`],
    ['model', model.path],
    ['model SHA-256', model.sha256],
    ['data', data.spec],
    ['data fingerprint', data.fingerprint],
    ['sign', sign],
    ...Object.entries(options).map(([name, value]): [string, string] => [`option ${name}`, optionText(value)]),
  ];
  return [
    html('h2', { id: 'provenance' }, 'Where this comes from'),
    html(
      'dl',
      { class: 'provenance' },
      entries.map(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]),
    ),
  ];
}

/** As one would write it on the command line: lists with commas, and what was left out as such. */
function optionText(value: Result['options'][string]): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.map(optionText).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A plot with a caption. */
export function plotFigure(svgDocument: string, caption?: Content): Markup {
  return html('figure', {}, embedSvg(svgDocument), caption === undefined ? undefined : html('figcaption', {}, caption));
}

/**
 * A picture; enlarged pixels stay squares.
 * @param shownWidth its width on the page, in pixels
 * @param title what a pointer that rests on it is told
 */
export function picture(image: EmbeddedImage, alt: string, shownWidth: number, title?: string): Markup {
  return html('img', {
    src: image.href,
    alt,
    title,
    width: image.width,
    height: image.height,
    class: enlarged(image, shownWidth) ? 'pixelated' : undefined,
  });
}

/** A training image with what stands under it. */
export interface ExampleImage {
  readonly image: EmbeddedImage | undefined;
  readonly alt: string;
  readonly caption: string;
  readonly detail: string;
  /** Of the predicted class. */
  readonly highlighted?: boolean;
}

/** So many characters fit under an image: a number is not broken, the name of a class may have to be. */
const ONE_LINE = 13;

/** Images in a grid that wraps; `opposing` ones are framed in blue. */
export function exampleGrid(examples: readonly ExampleImage[], opposing = false): Markup {
  return html(
    'ol',
    { class: 'examples' },
    examples.map(({ image, alt, caption, detail, highlighted }) =>
      html(
        'li',
        { class: opposing ? 'opposed' : undefined },
        image ? picture(image, alt, 84, alt) : html('span', { class: 'muted' }, alt),
        html('span', { class: highlighted ? 'accent' : undefined }, caption),
        html(
          'span',
          { class: `${opposing ? 'opposing' : 'muted'}${detail.length <= ONE_LINE ? ' nowrap' : ''}` },
          detail,
        ),
      ),
    ),
  );
}

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => Content;
  /** Numbers stand at the right. */
  readonly numeric?: boolean;
}

/** A table under its title; it scrolls within itself where the page is narrow. */
export function dataTable<Row>(title: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup {
  const kind = (column: Column<Row>) => (column.numeric ? 'number' : undefined);
  const head = columns.map((column) => html('th', { scope: 'col', class: kind(column) }, column.title));
  const body = rows.map((row) =>
    html(
      'tr',
      {},
      columns.map((column) => html('td', { class: kind(column) }, column.value(row))),
    ),
  );
  return html(
    'div',
    {},
    html('p', { class: 'table-title' }, title),
    html(
      'div',
      // Reachable by keyboard, since it may have to be scrolled.
      { class: 'table', role: 'region', 'aria-label': title, tabindex: 0 },
      html('table', { 'aria-label': title }, html('thead', {}, html('tr', {}, head)), html('tbody', {}, body)),
    ),
  );
}

/** Short facts in a line that wraps. */
export function factList(facts: readonly (readonly [name: string, value: string])[]): Markup {
  return html(
    'dl',
    { class: 'facts' },
    facts.map(([name, value]) => html('div', {}, html('dt', {}, name), html('dd', {}, value))),
  );
}

/** Probabilities as bars, the first singled out. */
export function probabilityBars(classes: readonly { readonly label: string; readonly probability: number }[]): Markup {
  return html(
    'ol',
    { class: 'bars', 'aria-label': 'most probable classes' },
    classes.map(({ label, probability }, i) =>
      html(
        'li',
        { class: i === 0 ? 'first' : undefined },
        html('span', {}, label),
        html('span', { class: 'bar', style: `width:${Math.round(probability * 1000) / 10}%` }),
        html('span', { class: 'value' }, formatPercent(probability)),
      ),
    ),
  );
}

/** Something to be opened by those who want it. */
export function more(summary: string, ...content: readonly Content[]): Markup {
  return html('details', {}, html('summary', {}, summary), content);
}

/** The last section of a page: the terms that it uses, and what they mean. */
export function howToRead(terms: readonly (readonly [term: string, meaning: string])[]): Markup {
  return html(
    'section',
    { class: 'entry', 'aria-label': 'how to read this page' },
    more('How to read this page', glossary(terms)),
  );
}

/** Terms that a page uses, and what they mean. */
export function glossary(terms: readonly (readonly [term: string, meaning: string])[]): Markup {
  return html(
    'dl',
    { class: 'glossary' },
    terms.map(([term, meaning]) => [html('dt', {}, term), html('dd', {}, meaning)]),
  );
}

/** A warning that must not be overlooked. */
export function notice(text: Content): Markup {
  return html('p', { class: 'notice', role: 'note' }, text);
}

/** Links to the parts of a section. */
export function jumpList(title: string, targets: readonly { readonly id: string; readonly name: string }[]): Markup {
  return html(
    'nav',
    { class: 'jump', 'aria-label': title },
    html('span', { class: 'muted' }, title),
    html(
      'ol',
      {},
      targets.map(({ id, name }) => html('li', {}, html('a', { href: `#${id}` }, name))),
    ),
  );
}
