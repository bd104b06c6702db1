/** Whether pictures of different layers show the same. */
import { cosine } from '../../../numeric/vectors.js';

/** Mean cosine of all pairs; pictures that are all zero agree with none, and one picture alone has no pair (0). */
export function meanPairwiseCosine(pictures: readonly Float32Array[]): number {
  let [sum, pairs] = [0, 0];
  for (let a = 0; a < pictures.length; a++) {
    for (let b = a + 1; b < pictures.length; b++) {
      sum += cosine(pictures[a]!, pictures[b]!);
      pairs++;
    }
  }
  return pairs > 0 ? sum / pairs : 0;
}
