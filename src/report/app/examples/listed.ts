/** All training examples that a result lists, each once. */
import type { AuditResult, AuditSuspect } from '../../../results/audit.js';
import type { Result } from '../../../results/kinds.js';
import type { ExampleLink, ListedExample } from '../kind-view.js';
import type { Payload } from '../payload.js';
import { className, notesLine, whereOf } from '../parts/text.js';

/** A training example and what it does to whom. */
export interface LinkedExample extends ListedExample {
  /** Inputs that it is listed for, largest magnitude first. */
  readonly links: readonly ExampleLink[];
  /** The largest magnitude among them. */
  readonly strength: number;
}

/** Orders of the list, by name. */
export const EXAMPLE_ORDERS = {
  '': 'strongest first',
  often: 'most inputs first',
  harm: 'most harm first',
  index: 'by index',
} as const;

/** Examples of links, in the order in which they came first. */
export function gather(links: readonly ExampleLink[]): LinkedExample[] {
  const found = new Map<number, { example: ListedExample; links: ExampleLink[] }>();
  for (const link of links) {
    const known = found.get(link.example.index);
    if (known) known.links.push(link);
    else found.set(link.example.index, { example: link.example, links: [link] });
  }
  return [...found.values()].map(({ example, links: of }) => {
    const sorted = of.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    return { ...example, links: sorted, strength: Math.abs(sorted[0]!.value) };
  });
}

/** Which of them are listed, and in what order. */
export function listed(
  examples: readonly LinkedExample[],
  { search, order, classNames }: { search: string; order: string; classNames: readonly string[] },
): LinkedExample[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (example: LinkedExample) =>
    `${example.index}\n${whereOf(example)}\n${className(classNames, example.label)}\n${notesLine(example.notes)}`.toLowerCase();
  const kept =
    words.length === 0 ? [...examples] : examples.filter((e) => words.every((word) => text(e).includes(word)));
  if (order === 'index') return kept.sort((a, b) => a.index - b.index);
  if (order === 'often') return kept.sort((a, b) => b.links.length - a.links.length);
  const least = ({ links }: LinkedExample) => Math.min(...links.map(({ value }) => value));
  if (order === 'harm') return kept.sort((a, b) => least(a) - least(b));
  return kept.sort((a, b) => b.strength - a.strength);
}

/** What an audit in the page says of an example of the same data; undefined where none does. */
export function suspicionOf(payload: Payload, of: Result, index: number): AuditSuspect | undefined {
  for (const { result } of payload.parts) {
    if (result.kind !== 'audit' || result.data.fingerprint !== of.data.fingerprint) continue;
    const suspect = (result as AuditResult).suspects.find((candidate) => candidate.index === index);
    if (suspect) return suspect;
  }
  return undefined;
}
