/** The input that is open. */
import { usePage } from '../context.js';
import { useListed } from './panel.js';

/** Its place: the state's, or else the first of the list. */
export function useOpenInput(): number {
  const { state } = usePage();
  const { places, decisions } = useListed();
  return state.input >= 0 && state.input < decisions.length ? state.input : (places[0] ?? 0);
}
