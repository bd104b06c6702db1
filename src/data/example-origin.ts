/** Examples of a result, each with where it is in the data set. */
import type { Dataset, ExampleOrigin } from './dataset.js';

/**
 * The same examples with the origin of each.
 * @param data whose examples they are; undefined where nobody knows it
 */
export function withOrigins<E extends { readonly index: number }>(
  examples: readonly E[],
  data: Pick<Dataset, 'origin'> | undefined,
): (E & ExampleOrigin)[] {
  return examples.map((example) => ({ ...example, ...data?.origin(example.index) }));
}
