/** Whose pictures a page shows, the most important first. */
import type { Result } from '../../results/kinds.js';
import type { Pictured } from '../app/payload.js';
import { kinds } from '../app/kinds.js';
import { mapOf } from '../app/map/points.js';

/** All inputs, then the training examples that are listed, then what else the views show. */
export function wantedPictures(result: Result): Pictured[] {
  const inputs = [...kinds.decisionsOf(result).keys()].map((index): Pictured => ({ of: 'input', index }));
  const examples = kinds.linksOf(result).map(({ example }): Pictured => ({ of: 'train', index: example.index }));
  return [...inputs, ...examples, ...(kinds.viewOf(result).pictured?.(result) ?? [])];
}

/** The training examples of the map of features, listed or not: they are seen one at a time, as the pointer passes over them. */
export function glancedPictures(result: Result): Pictured[] {
  const indices = mapOf(result)?.train.indices ?? [];
  return indices.map((index): Pictured => ({ of: 'train', index }));
}
