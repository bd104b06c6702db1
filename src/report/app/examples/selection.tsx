/** Which training examples were chosen: on the map of features, by class, or in the matrix of labels. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { usePage } from '../context.js';
import { cellOf } from '../inputs/filter.js';
import type { ListedExample } from '../kind-view.js';
import { examplesWithin, lassoOf, mapOf } from '../map/points.js';
import { className } from '../parts/text.js';
import type { Part } from '../payload.js';
import { likelierLabel, suspicionOf } from './listed.js';

/** What the state's own fields choose. */
export interface Selection {
  readonly passes: (example: ListedExample) => boolean;
  /** In words, nothing where nothing was chosen. */
  readonly says: readonly string[];
}

/** What was chosen, computed once as long as it stays. */
export function useSelection({ result }: Part): Selection {
  const { payload, state } = usePage();
  const { cell = '', lasso = '', class: chosen = '' } = state.of;
  return useMemo(() => {
    const map = mapOf(result);
    const polygon = lassoOf(lasso);
    const within = map && polygon.length > 0 ? examplesWithin(map, polygon) : undefined;
    const label = /^\d+$/.test(chosen) ? Number(chosen) : undefined;
    const [given, suggested] = cellOf(cell);
    const name = (index: number) => className(result.classNames, index);
    const passes = (example: ListedExample) => {
      if (within && !within.has(example.index)) return false;
      if (label !== undefined && example.label !== label) return false;
      if (given !== undefined && example.label !== given) return false;
      if (suggested === undefined) return true;
      const suspect = suspicionOf(payload, result, example.index);
      return suspect !== undefined && likelierLabel(suspect) === suggested;
    };
    const says = [
      ...(within ? ['within the line on the map'] : []),
      ...(label === undefined ? [] : [`of class ${name(label)}`]),
      ...(given === undefined ? [] : [`labelled ${name(given)}`]),
      ...(suggested === undefined ? [] : [suggestionText(given, suggested, name)]),
    ];
    return { passes, says };
  }, [payload, result, cell, lasso, chosen]);
}

/** A column of the matrix of labels, or a cell of it. */
function suggestionText(given: number | undefined, suggested: number, name: (index: number) => string): string {
  if (given === undefined) return `likeliest label ${name(suggested)}`;
  return given === suggested ? 'no other label is likelier' : `may be ${name(suggested)}`;
}

/** What was chosen in words, with a button that takes it back. */
export function SelectionNote({ says }: { readonly says: readonly string[] }): VNode | null {
  const { state, go } = usePage();
  if (says.length === 0) return null;
  return (
    <>
      {', '}
      {says.join(', ')}{' '}
      <button type="button" class="link" onClick={() => go({ of: { ...state.of, cell: '', lasso: '', class: '' } })}>
        clear
      </button>
    </>
  );
}
