/** How many nodes a model may come to. */
import { InputError } from '../errors.js';

/** A hostile file may ask for more nodes than memory holds: functions that call functions, loops in loops. */
export const LARGEST_GRAPH = 2 ** 17;

/** @throws InputError when a rewrite would make a graph of more nodes than any real model has */
export function checkNodeCount(count: number, what: string): void {
  if (count > LARGEST_GRAPH) throw new InputError(`${what} makes a graph of more than ${LARGEST_GRAPH} nodes`);
}
