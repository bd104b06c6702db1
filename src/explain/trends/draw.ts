/** Which examples of a split are looked at: drawn by the seed, and so the same ones whatever else is asked. */
import { seededRandom } from '../../numeric/random.js';
import type { Split } from '../../data/dataset.js';

/** Purposes of streams of random numbers. */
const PURPOSES = { images: 0x7e4d, losses: 0x7e4e } as const;

const SPLITS: Readonly<Record<Split, number>> = { train: 0, test: 1 };

/** Images of a split, where nobody says how many of each class. */
const USUAL_IMAGES = 100;

/** Images of each class by default: ten as [Terzieva et al. n.d.] have them, fewer of many classes, at least one. */
export function usualImages(classes: number): number {
  return Math.max(1, Math.min(10, Math.floor(USUAL_IMAGES / classes)));
}

/**
 * So many examples of each class, fewer where a class has no more.
 * @returns by class, ascending in each
 */
export function drawPerClass(labels: Int32Array, count: number, split: Split, seed: number): number[] {
  const byClass = new Map<number, number[]>();
  labels.forEach((label, index) => {
    const known = byClass.get(label);
    if (known) known.push(index);
    else byClass.set(label, [index]);
  });
  return [...byClass.keys()]
    .sort((a, b) => a - b)
    .flatMap((label) =>
      seededRandom(seed, PURPOSES.images, SPLITS[split], label)
        .shuffle(byClass.get(label)!)
        .slice(0, count)
        .sort((a, b) => a - b),
    );
}

/** So many examples of all, or all where there are no more; ascending. */
export function drawExamples(length: number, count: number, split: Split, seed: number): number[] {
  const order = Int32Array.from({ length }, (_, i) => i);
  return [...seededRandom(seed, PURPOSES.losses, SPLITS[split]).shuffle(order).subarray(0, count)].sort(
    (a, b) => a - b,
  );
}
