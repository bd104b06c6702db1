/** What every component of a page can ask for. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Part, Payload } from './payload.js';
import type { ViewState } from './state.js';
import type { Triage } from './examples/triage.js';
import type { Kinds } from './kind-view.js';

/** The page as its components see it. */
export interface PageContext {
  readonly payload: Payload;
  readonly state: ViewState;
  /**
   * Changes what is looked at.
   * @param lightly without an entry in the browser's history, as a slider needs
   */
  readonly go: (change: Partial<ViewState>, lightly?: boolean) => void;
  readonly triage: Triage;
  /** What the kinds of results say for themselves; given here, as their views stand in the page themselves. */
  readonly kinds: Kinds;
  /** Whether it is a sheet of paper: a page without a script, where nothing can be pressed. */
  readonly isPaper: boolean;
}

/** The context of a page. */
export const Page = createContext<PageContext | undefined>(undefined);

/** The page that a component stands in. */
export function usePage(): PageContext {
  const page = useContext(Page);
  if (!page) throw new Error('a component stands outside of a page');
  return page;
}

/** The result that is looked at. */
export function usePart(): Part {
  const { payload, state } = usePage();
  return payload.parts[state.part] ?? payload.parts[0]!;
}
