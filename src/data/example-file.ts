/** Examples of a result, each with the file that it was read from. */
import type { Dataset } from './dataset.js';

/**
 * The same examples with the file of each.
 * @param data whose `file` tells it; where it has none, `file` is undefined
 */
export function withFiles<E extends { readonly index: number }>(
  examples: readonly E[],
  data: Pick<Dataset, 'file'> | undefined,
): (E & { file: string | undefined })[] {
  return examples.map((example) => ({ ...example, file: data?.file?.(example.index) }));
}
