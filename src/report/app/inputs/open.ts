/** The input that is open. */
import { usePage } from '../context.js';
import type { ViewState } from '../state.js';
import { useListed } from './panel.js';

/** Its place: the state's, or else the first of the list. @param count how many inputs there are */
export function openInput({ input }: Pick<ViewState, 'input'>, places: readonly number[], count: number): number {
  return input >= 0 && input < count ? input : (places[0] ?? 0);
}

/** The place of the input that the page shows. */
export function useOpenInput(): number {
  const { state } = usePage();
  const { places, decisions } = useListed();
  return openInput(state, places, decisions.length);
}
