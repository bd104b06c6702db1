/** Lists of names in --help. */
import { padded, wrapText } from './wrap.js';

/** Columns in front of a name. */
const INDENT = 2;

/** What each name means, by name; under headings. */
export type DescribedLists = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Names and what they mean, under headings, in lines of at most `width` columns. */
export function describedLists(lists: DescribedLists, width: number): string {
  const names = Object.values(lists).flatMap((list) => Object.keys(list));
  const left = Math.max(...names.map(({ length }) => length)) + 2;
  const described = ([name, meaning]: readonly [string, string]) =>
    wrapText(meaning, width - INDENT - left).map(
      (text, i) => ' '.repeat(INDENT) + padded(i === 0 ? name : '', left) + text,
    );
  return Object.entries(lists)
    .map(([heading, list]) => [`${heading}:`, ...Object.entries(list).flatMap(described)].join('\n'))
    .join('\n\n');
}
