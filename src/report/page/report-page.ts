/** The page of one result or several: one file that opens from disk and needs nothing else (Node only). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { visibleText } from '../../plot/markup.js';
import { html } from '../html.js';
import type { Result } from '../../results/kinds.js';
import { pageStyles } from '../app/styles/page-styles.js';
import type { PackedArray, Part, Payload, Sheet } from '../app/payload.js';
import { kinds } from '../app/kinds.js';
import type { PictureSource } from '../pictures.js';
import { pack } from './pack.js';
import { paper } from './paper.js';
import { makeSheets, type Sheets } from './sheets.js';
import { glancedPictures, wantedPictures } from './wanted.js';

/** A result and what the page shows beside it. */
export interface PagePart {
  /** What it is called beside others. */
  readonly name: string;
  readonly result: Result;
  readonly sheets: Sheets;
  readonly arrays?: Readonly<Record<string, PackedArray>>;
  /** Whether it has pictures that are not beside it. */
  readonly isWithoutPictures?: boolean;
}

/** A page has about so many bytes at most, and more for each training example that an audit lists. */
const PAGE_BYTES = 5 * 2 ** 20;
const BYTES_PER_SUSPECT = 1500;
/** Of these so many for pictures at least, and at most where there is no audit. */
const [LEAST_PICTURES, MOST_PICTURES] = [2 ** 19, 2.5 * 2 ** 20];
/** Bytes of base64 for three of a file. */
const BASE64 = 4 / 3;

/** The pictures of a result's page: as many as leave room for the rest. */
export function pageSheets(
  result: Result,
  source: PictureSource,
  arrays: Readonly<Record<string, PackedArray>> = {},
): Promise<Sheets> {
  const listed = result.kind === 'audit' ? result.suspects.length * BYTES_PER_SUSPECT : 0;
  const data = pack({ parts: [{ name: '', result, arrays, pictures: {}, picturesLeftOut: 0 }], sheets: [] }).length;
  const room = (PAGE_BYTES + listed - data) / BASE64;
  const budget = Math.max(LEAST_PICTURES, Math.min(MOST_PICTURES + listed, room));
  return makeSheets(source, wantedPictures(result), budget, glancedPictures(result));
}

/**
 * The whole page as text. It allows itself no network, no script but its own, by its hash, and no foreign frame, whatever its
 * data say.
 */
export function reportPage(parts: readonly PagePart[]): string {
  const payload = payloadOf(parts);
  const script = appScript();
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const { title } = kinds.viewOf(parts[0]!.result);
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
      html('meta', { name: 'referrer', content: 'no-referrer' }),
      html('title', {}, `${title} · onnx-explain`),
      html('style', {}, { markup: pageStyles() + sheetStyles(parts) }),
    ),
    html(
      'body',
      {},
      html('div', { id: 'app' }, html('p', { class: 'wrap muted loading' }, 'Opening …')),
      html('noscript', {}, html('style', {}, { markup: '.loading{display:none}' }), { markup: paper(payload) }),
      html('script', { type: 'application/octet-stream', id: 'payload' }, { markup: pack(payload) }),
      html('script', {}, { markup: script }),
    ),
  );
  return `<!doctype html>\n${page.markup}\n`;
}

/** The parts with the numbers of their sheets in the page. */
function payloadOf(parts: readonly PagePart[]): Payload {
  const sheets: Sheet[] = [];
  const numbered = parts.map(({ name, result, sheets: own, arrays = {}, isWithoutPictures = false }): Part => {
    const first = sheets.length;
    sheets.push(...own.sheets);
    const places = Object.entries(own.places).map(
      ([key, [sheet, tile, width, height]]) => [key, [first + sheet, tile, width, height]] as const,
    );
    return visible({
      name,
      result,
      arrays,
      pictures: Object.fromEntries(places),
      written: own.written,
      columns: own.columns,
      isWithoutPictures,
      picturesLeftOut: own.leftOut,
    });
  });
  return { parts: numbered, sheets };
}

/** Names from files, without the characters by which one could pass for another. */
function visible<T>(value: T): T {
  if (typeof value === 'string') return visibleText(value) as T;
  if (Array.isArray(value)) return (typeof value[0] === 'number' ? value : value.map(visible)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [visibleText(key), visible(inside)])) as T;
}

function sheetStyles(parts: readonly PagePart[]): string {
  return parts
    .flatMap(({ sheets }) => sheets.files)
    .map(
      (file, i) => `.sheet-${i}{background-image:url(data:image/webp;base64,${Buffer.from(file).toString('base64')})}`,
    )
    .join('');
}

let script: string | undefined;

/** The bundle that the build made of `app/main.tsx`. */
function appScript(): string {
  script ??= readFileSync(new URL('../app.bundle.js', import.meta.url), 'utf8');
  return script;
}
