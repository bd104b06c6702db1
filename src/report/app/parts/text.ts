/** What pages and terminals call things. */
import { nameOf, type Decision } from '../decisions.js';
import type { ListedExample } from '../kind-view.js';

export { className } from '../../class-name.js';

/** Where an example is: its file below the data set's folder, its row, or both; nothing where the result does not say it. */
export function whereOf({ file, row }: Pick<ListedExample, 'file' | 'row'>): string {
  return [file, row === undefined ? undefined : `row ${row}`].filter((part) => part !== undefined).join(', ');
}

/** Where an input is beside what it is called. */
export function placeOf({ input, inputFile, inputRow }: Decision): string {
  const where = whereOf({ file: inputFile, row: inputRow });
  return where === '' ? input : `${input} (${where})`;
}

/** An example and where it is: `training image 17 (cat/0017.jpg)`. @param what it is */
export function exampleName(example: Omit<ListedExample, 'label'>, what = 'training example'): string {
  const where = whereOf(example);
  return where === '' ? `${what} ${example.index}` : `${what} ${example.index} (${where})`;
}

/** Text that is stored beside something, in a line; nothing where there is none. */
export function notesLine(notes: Readonly<Record<string, string>> = {}): string {
  return Object.entries(notes)
    .map(([name, text]) => `${name}: ${text}`)
    .join(' · ');
}

/** A remark as a sentence. */
export function sentence(remark: string): string {
  return `${remark.charAt(0).toUpperCase()}${remark.slice(1)}${/[.!?]$/.test(remark) ? '' : '.'}`;
}

/** "30 decisions, 6 of them wrong", "1 decision, wrong": of those whose true class is known. */
export function countedDecisions(decisions: readonly Pick<Decision, 'predicted' | 'truth'>[]): string {
  const wrong = decisions.filter(
    ({ predicted, truth }) => predicted && truth && truth.class !== predicted.class,
  ).length;
  const how = decisions.length === 1 ? 'wrong' : `${wrong.toLocaleString('en')} of them wrong`;
  return `${counted(decisions.length, 'decision')}${wrong > 0 ? `, ${how}` : ''}`;
}

/** "1 input", "1,204 inputs". */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? thing : things}`;
}

/** What an input is called in a list. */
export const nameOfInput = (decision: Decision | undefined): string => (decision ? nameOf(decision) : '');
