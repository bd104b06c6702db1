/** What an example or input that is no picture has to read: a text, or the numbers of its row by the names of their columns. */
import type { VNode } from 'preact';
import { formatValue } from '../../../plot/format.js';
import { usePart } from '../context.js';
import { pictureKey, type Part, type Pictured } from '../payload.js';
import { Facts } from './basics.js';
import type { Column } from './data-table.js';

/** All of it; nothing where the page has none. */
export function Written({ of }: { readonly of: Pictured }): VNode | null {
  const { written, columns = [] } = usePart();
  const found = written?.[pictureKey(of)];
  if (found === undefined) return null;
  if (typeof found === 'string') return <p class="written">{found}</p>;
  return <Facts facts={columns.map((name, i) => [name, formatValue(found[i])] as const)} />;
}

/** The beginning of it in a line; empty where the page has none. */
export function snippetOf({ written }: Part, of: Pictured): string {
  const found = written?.[pictureKey(of)];
  if (found === undefined) return '';
  return typeof found === 'string' ? found : found.map((value) => formatValue(value)).join(' · ');
}

/** Columns of a row that stand beside examples in a table; of more the line says it. */
const MOST_COLUMNS = 6;

/** Columns of a table of training examples that say what each of them is; none where the page does not have it. */
export function writtenColumns<E extends { readonly index: number }>(part: Part, examples: readonly E[]): Column<E>[] {
  const { written = {}, columns = [] } = part;
  const ofExample = ({ index }: E) => written[pictureKey({ of: 'train', index })];
  if (!examples.some((example) => ofExample(example) !== undefined)) return [];
  if (columns.length === 0 || columns.length > MOST_COLUMNS) {
    const line = (example: E) => snippetOf(part, { of: 'train', index: example.index });
    return [
      { title: columns.length === 0 ? 'text' : 'row', value: (example) => <span class="line">{line(example)}</span> },
    ];
  }
  return columns.map((title, i) => {
    const number = (example: E) => (ofExample(example) as readonly number[] | undefined)?.[i];
    return {
      title,
      numeric: true,
      order: (example) => number(example) ?? NaN,
      value: (example) => formatValue(number(example)),
    };
  });
}
