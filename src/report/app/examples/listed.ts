/** All training examples that a result lists, each once. */
import type { Result } from '../../../results/kinds.js';
import { counselOf, type AnyAudit, type Counsel, type Suspect } from '../../audit/counsel.js';
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
const EXAMPLE_ORDERS = {
  '': 'strongest first',
  often: 'most inputs first',
  harm: 'most harm first',
  index: 'by index',
} as const;
/** Orders where no value is a harm. */
const COUNTED_ORDERS = { '': 'most units first', often: 'most inputs first', index: 'by index' } as const;
/** Orders of suspects, which no input is listed for: as in the result, or by index. */
const SUSPECT_ORDERS = { '': 'most suspicious first', index: 'by index' } as const;

/** The orders that a result's examples can be listed in, by name. */
export const ordersOf = ({ kind }: Result): Readonly<Record<string, string>> =>
  kind === 'audit' ? SUSPECT_ORDERS : kind === 'attribute' ? COUNTED_ORDERS : EXAMPLE_ORDERS;

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

/** What the list of examples depends on. */
export interface ListedBy {
  readonly search: string;
  readonly order: string;
  readonly result: Result;
  /** Which examples pass whatever else was chosen. */
  readonly passes: (example: ListedExample) => boolean;
}

/** Which of them are listed, and in what order. */
export function listed(
  examples: readonly LinkedExample[],
  { search, order, result, passes }: ListedBy,
): LinkedExample[] {
  const { classNames, kind } = result;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (example: LinkedExample) =>
    `${example.index}\n${whereOf(example)}\n${className(classNames, example.label)}\n${notesLine(example.notes)}`.toLowerCase();
  const kept = examples.filter((example) => {
    if (!passes(example)) return false;
    if (words.length === 0) return true;
    const searched = text(example);
    return words.every((word) => searched.includes(word));
  });
  if (order === 'index') return kept.sort((a, b) => a.index - b.index);
  if (kind === 'audit') return kept;
  if (order === 'often') return kept.sort((a, b) => b.links.length - a.links.length);
  const least = ({ links }: LinkedExample) => Math.min(...links.map(({ value }) => value));
  if (order === 'harm') return kept.sort((a, b) => least(a) - least(b));
  const most = kind === 'attribute' ? unitsOf : ({ strength }: LinkedExample) => strength;
  return kept.sort((a, b) => most(b) - most(a));
}

/** Of how many units of all inputs it is an example, where links count units. */
const unitsOf = ({ links }: LinkedExample) => links.reduce((sum, { value }) => sum + value, 0);

/** A suspect, and what is to be thought of its label. */
export type Suspicion = Suspect & { readonly counsel: Counsel };

const suspects = new WeakMap<Result, ReadonlyMap<number, Suspicion>>();

/** The suspects of an audit by their index, sorted out once. */
function suspectsOf(result: AnyAudit): ReadonlyMap<number, Suspicion> {
  const counselled = (suspect: Suspect) => ({ ...suspect, counsel: counselOf(result, suspect) });
  const known = suspects.get(result) ?? new Map(result.suspects.map((each) => [each.index, counselled(each)]));
  suspects.set(result, known);
  return known;
}

/** What an audit in the page says of an example of the same data; undefined where none does. */
export function suspicionOf(payload: Payload, of: Result, index: number): Suspicion | undefined {
  for (const { result } of payload.parts) {
    if (result.kind !== 'audit' || result.data.fingerprint !== of.data.fingerprint) continue;
    const suspect = suspectsOf(result).get(index);
    if (suspect) return suspect;
  }
  return undefined;
}

/** The label that a suspect should have, or may have where that is uncalibrated: its own where none is likelier. */
export const likelierLabel = ({ label, counsel: { instead = label } }: Suspicion): number => instead;
