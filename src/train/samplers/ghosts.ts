/**
 * Ghost samples: rows drawn from all classes by their prior, for the statistics of batch norm ([Pfahler & Morik 2021],
 * Alg. 2).
 */
import { InputError } from '../../errors.js';
import type { Random } from '../../numeric/random.js';
import type { SamplingTask } from './sampler.js';

/** Indices of the examples of each class. */
export function examplesByClass(labels: Int32Array, classes: number): Int32Array[] {
  const members = Array.from({ length: classes }, (): number[] => []);
  labels.forEach((label, index) => members[label]!.push(index));
  return members.map((indices) => Int32Array.from(indices));
}

/**
 * Makes a function that draws the ghosts of one batch: stratified by class prior (largest remainder, ties at random),
 * without repetition inside a batch, from the whole training set.
 * @throws InputError when a class has fewer examples than ghosts are to be drawn from it
 */
export function ghostDrawer(task: SamplingTask, random: Random): () => Int32Array {
  const { labels, classes, ghostSize } = task;
  if (ghostSize === 0) return () => new Int32Array(0);
  const members = examplesByClass(labels, classes);
  const quotas = members.map(({ length }) => (ghostSize * length) / labels.length);
  members.forEach(({ length }, label) => {
    const most = Math.ceil(quotas[label]!);
    if (length > 0 && length < most) {
      throw new InputError(
        `class ${label} has ${length} training examples, but ${most} of the ${ghostSize} ghosts are drawn from it; lower \`ghostSize\` or add examples`,
      );
    }
  });
  return () => {
    const counts = largestRemainder(quotas, ghostSize, random);
    const drawn = new Int32Array(ghostSize);
    let at = 0;
    members.forEach((indices, label) => {
      // The first entries of a partial Fisher–Yates shuffle; the array keeps any order in between, which does no harm.
      for (let i = 0; i < counts[label]!; i++) {
        const other = i + random.below(indices.length - i);
        [indices[i], indices[other]] = [indices[other]!, indices[i]!];
        drawn[at++] = indices[i]!;
      }
    });
    return drawn;
  };
}

/** Whole numbers near the quotas that sum to `total`. */
function largestRemainder(quotas: readonly number[], total: number, random: Random): number[] {
  const counts = quotas.map(Math.floor);
  const order = quotas
    .map((quota, label) => ({ label, remainder: quota - Math.floor(quota), tie: random.uniform() }))
    .sort((a, b) => b.remainder - a.remainder || a.tie - b.tie);
  const missing = total - counts.reduce((sum, count) => sum + count, 0);
  for (let i = 0; i < missing; i++) counts[order[i]!.label]!++;
  return counts;
}
