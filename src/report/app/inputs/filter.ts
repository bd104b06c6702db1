/** Which inputs are listed, and in what order. */
import { isProbable, nameOf, outcomeOf, type Decision } from '../decisions.js';
import type { ViewState } from '../state.js';

/** Orders of the list, by name. */
export const ORDERS = {
  '': 'wrong first',
  sure: 'most sure first',
  unsure: 'least sure first',
  name: 'by name',
  given: 'as given',
} as const;

/** What a filter depends on. */
export type FilterState = Pick<ViewState, 'search' | 'only' | 'cell' | 'sure' | 'sort'>;

/** Places of the inputs that pass the filter, in the order of the list. */
export function filtered(decisions: readonly Decision[], state: FilterState): number[] {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const [truth, predicted] = cellOf(state.cell);
  const [least, most] = rangeOf(state.sure);
  const places = [...decisions.keys()].filter((place) => {
    const decision = decisions[place]!;
    if (state.only !== 'all' && outcomeOf(decision) !== state.only) return false;
    if (truth !== undefined && decision.truth?.class !== truth) return false;
    if (predicted !== undefined && decision.predicted?.class !== predicted) return false;
    const sure = (decision.predicted?.probability ?? 0) * 100;
    if (state.sure !== '' && (sure < least || sure > most)) return false;
    const text = textOf(decision);
    return words.every((word) => text.includes(word));
  });
  const order = orderOf(state.sort, decisions);
  return order === undefined ? places : places.sort((a, b) => order(a) - order(b) || a - b);
}

/** Everything of an input that is searched. */
function textOf(decision: Decision): string {
  const { input, predicted, truth, inputNotes = {} } = decision;
  const parts = [input, nameOf(decision), predicted?.label, truth?.label, ...Object.values(inputNotes)];
  return parts.join('\n').toLowerCase();
}

function orderOf(sort: string, decisions: readonly Decision[]): ((place: number) => number) | undefined {
  const sure = (place: number) => decisions[place]!.predicted?.probability ?? 0;
  if (sort === 'sure') return (place) => -sure(place);
  if (sort === 'unsure') return sure;
  if (sort === 'given') return undefined;
  if (sort === 'name') {
    const names = [...decisions.keys()].sort((a, b) => nameOf(decisions[a]!).localeCompare(nameOf(decisions[b]!)));
    const rank = new Map(names.map((place, i) => [place, i]));
    return (place) => rank.get(place)!;
  }
  // Among the wrong ones, the surest are the worst.
  return (place) => (outcomeOf(decisions[place]!) === 'wrong' ? -1 - sure(place) : 0);
}

/** The classes of a cell: the true one and the predicted one, either of which may be any. */
export function cellOf(cell: string): readonly [truth: number | undefined, predicted: number | undefined] {
  const match = /^(\d*)>(\d*)$/.exec(cell);
  const side = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text));
  return [side(match?.[1]), side(match?.[2])];
}

/** A range of probabilities in percent. */
export function rangeOf(sure: string): readonly [least: number, most: number] {
  const match = /^(\d+)-(\d+)$/.exec(sure);
  return match ? [Number(match[1]), Number(match[2])] : [0, 100];
}

/** How often each true class was taken for each class: only cells that occur. */
export function confusion(decisions: readonly Decision[]): ReadonlyMap<string, number> {
  const cells = new Map<string, number>();
  for (const { truth, predicted } of decisions) {
    if (!truth || !predicted) continue;
    const cell = `${truth.class}>${predicted.class}`;
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  return cells;
}

/** Whether probabilities can be filtered by. */
export const hasProbabilities = (decisions: readonly Decision[]): boolean => decisions.some(isProbable);
