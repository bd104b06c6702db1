/** Explained decisions, however many: each on its own while they are few, counted where they are many. */
import { printable } from '../../data/printable.js';
import { formatCount, formatPercent } from '../../plot/format.js';
import { styled, type Line } from '../colour.js';
import { numbers, paths, type Cell, type Column } from '../table.js';
import type { Terminal } from '../terminal.js';

/** More inputs than this are summed up. */
const MOST_IN_FULL = 5;

/** Inputs, and classes, that a summary names. */
const NAMED = 20;

/** A class by its number and its name. */
interface NamedClass {
  readonly class: number;
  readonly label: string;
}

/** A decision that was explained. */
export interface Decision {
  readonly input: string;
  /** Absent for a mean over many inputs. */
  readonly predicted?: (NamedClass & { readonly probability: number }) | undefined;
  /** The true class, when it is known. */
  readonly truth?: NamedClass | undefined;
}

/** What a command adds to each input of a summary. */
interface Addition<D> {
  readonly columns: readonly (string | Column)[];
  readonly cells: (decision: D) => readonly Cell[];
}

/**
 * Prints decisions: up to five as `inFull` prints them, more as counts and a line for each of the first, wrongly decided ones
 * before the others.
 * @param file where all of them are
 */
export function showDecisions<D extends Decision>(
  ui: Terminal,
  decisions: readonly D[],
  file: string,
  inFull: (decision: D) => void,
  addition: Addition<D>,
): void {
  if (decisions.length <= MOST_IN_FULL) {
    decisions.forEach((decision, i) => {
      if (i > 0) ui.print('');
      inFull(decision);
    });
    return;
  }
  ui.verdict(countsLine(decisions));
  ui.print('');
  showClasses(ui, decisions);
  ui.print('');
  showInputs(ui, decisions, addition);
  const rest = decisions.length - NAMED;
  if (rest > 0) ui.print(styled(`… and ${formatCount(rest)} more in ${printable(file, Infinity)}`, 'secondary'));
}

/** An input with what it was decided as, and what it truly is where that is something else: `photo.png: cat (97.1 %), truly dog`. */
export function decisionLine({ input, predicted, truth }: Decision, more = ''): Line {
  if (!predicted) return [styled(input, 'heading'), more];
  const decided = `: ${predicted.label} (${formatPercent(predicted.probability)})`;
  const truly = isWrong({ input, predicted, truth }) ? styled(`, truly ${truth!.label}`, 'bad') : '';
  return [styled(input, 'heading'), decided, truly, more];
}

const isKnown = ({ predicted, truth }: Decision) => predicted !== undefined && truth !== undefined;

/** Whether a decision is known to be wrong. */
const isWrong = ({ predicted, truth }: Decision) => predicted && truth && predicted.class !== truth.class;

/** `100 inputs: 83 right, 17 wrong`. */
function countsLine(decisions: readonly Decision[]): Line {
  const known = decisions.filter(isKnown).length;
  const wrong = decisions.filter(isWrong).length;
  const inputs = `${formatCount(decisions.length)} inputs`;
  if (known === 0) return inputs;
  const of = known < decisions.length ? `, the true class of ${formatCount(known)} is known` : '';
  return [
    `${inputs}${of}: ${formatCount(known - wrong)} right, `,
    styled(`${formatCount(wrong)} wrong`, wrong > 0 ? 'bad' : undefined),
  ];
}

/** How many inputs were decided as each class. */
function showClasses(ui: Terminal, decisions: readonly Decision[]): void {
  const classes = new Map<number, { label: string; inputs: number; wrong: number }>();
  for (const decision of decisions) {
    if (!decision.predicted) continue;
    const { class: index, label } = decision.predicted;
    const entry = classes.get(index) ?? { label, inputs: 0, wrong: 0 };
    classes.set(index, { ...entry, inputs: entry.inputs + 1, wrong: entry.wrong + (isWrong(decision) ? 1 : 0) });
  }
  const sorted = [...classes.values()].sort((a, b) => b.inputs - a.inputs);
  const counted = decisions.some(isKnown);
  const rows = sorted
    .slice(0, NAMED)
    .map(({ label, inputs, wrong }) => [label, inputs, ...(counted ? [wrong] : [])] as Cell[]);
  ui.table(['decided as', 'inputs', ...(counted ? ['of them wrong'] : [])], rows);
  if (sorted.length > NAMED) ui.print(styled(`… and ${sorted.length - NAMED} more classes`, 'secondary'));
}

/** A line an input. */
function showInputs<D extends Decision>(ui: Terminal, decisions: readonly D[], { columns, cells }: Addition<D>): void {
  const ordered = [...decisions.filter(isWrong), ...decisions.filter((decision) => !isWrong(decision))];
  const counted = decisions.some(isKnown);
  const rows = ordered.slice(0, NAMED).map((decision): Cell[] => {
    const { input, predicted, truth } = decision;
    const truly = isWrong(decision) ? styled(truth!.label, 'bad') : (truth?.label ?? '');
    return [
      input,
      predicted?.label ?? '',
      predicted ? formatPercent(predicted.probability) : '',
      ...(counted ? [truly] : []),
      ...cells(decision),
    ];
  });
  const heading: (string | Column)[] = [
    paths('input'),
    'decided as',
    numbers('probability'),
    ...(counted ? ['truly'] : []),
    ...columns,
  ];
  ui.table(heading, rows);
}
