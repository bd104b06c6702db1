/** What a reader decided about training examples: keep, relabel or drop. Collected, and exported as CSV. */
import { listCsv } from '../../../lists/csv.js';
import { integer, list, text } from '../../../lists/list.js';
import type { ListedExample } from '../kind-view.js';

/** What shall happen to an example. */
export type Verdict = 'keep' | 'relabel' | 'drop';

/** The verdicts, by the keys that give them. */
export const VERDICTS: readonly Verdict[] = ['keep', 'relabel', 'drop'];

/** A decision about an example. */
export interface ExampleDecision {
  readonly example: ListedExample;
  readonly verdict: Verdict;
  /** The class that it shall have, where it is relabelled; undefined until that is chosen. */
  readonly label?: number | undefined;
}

/** All decisions of a reader. */
export interface Triage {
  readonly decisions: ReadonlyMap<number, ExampleDecision>;
  /** Decides about an example, or takes the decision back. */
  readonly decide: (index: number, decision: ExampleDecision | undefined) => void;
}

/** Where nothing can be decided. */
export const noTriage: Triage = { decisions: new Map(), decide: () => undefined };

/** Whether nothing is left to be chosen: what is relabelled has a class. */
export const isComplete = ({ verdict, label }: ExampleDecision): boolean =>
  verdict !== 'relabel' || label !== undefined;

/** The decisions as the CSV that `train --labels-from` reads, in the order of the examples; what is not complete is left out. */
export function decisionsCsv(decisions: Triage['decisions'], className: (index: number) => string): string {
  const sorted = [...decisions.values()].filter(isComplete).sort((a, b) => a.example.index - b.example.index);
  return listCsv(
    list('decisions', sorted, [
      text('decision', ({ verdict }) => verdict),
      text('split', () => 'train'),
      integer('index', ({ example }) => example.index),
      text('label', ({ example }) => className(example.label)),
      text('newLabel', ({ label }) => (label === undefined ? null : className(label))),
      text('file', ({ example }) => example.file),
      integer('row', ({ example }) => example.row),
    ]),
  );
}

/** The decisions as text that a browser keeps. */
export const storedText = (decisions: Triage['decisions']): string => JSON.stringify([...decisions.values()]);

/** Decisions that a browser kept; none where they cannot be read. */
export function readStored(stored: string | null): Map<number, ExampleDecision> {
  try {
    const parsed = JSON.parse(stored ?? '[]') as ExampleDecision[];
    const sound = parsed.filter(
      ({ example, verdict }) => Number.isSafeInteger(example.index) && VERDICTS.includes(verdict),
    );
    return new Map(sound.map((decision) => [decision.example.index, decision]));
  } catch {
    return new Map();
  }
}
