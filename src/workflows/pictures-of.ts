/** What reports show of examples and inputs, out of the data that they come from. */
import type { Dataset } from '../data/dataset.js';
import type { Input } from '../data/input.js';
import type { PictureSource } from '../report/pictures.js';

/** Columns of a table that anyone reads; rows of more are not shown. */
const MOST_COLUMNS = 24;

/** What of an example is to be read. */
type Readable = Pick<Input, 'featureNames' | 'tokens' | 'data'>;

/**
 * Pictures of examples and inputs; and of what is no picture its text, or the row of a table whose columns have names.
 * @param splits the data by split; a split that is left out has nothing to show
 */
export function picturesOf(
  splits: Partial<Record<'train' | 'test', Dataset | undefined>>,
  inputs: readonly Input[] = [],
): PictureSource {
  const columns = [splits.train, splits.test, ...inputs].find((of) => of?.featureNames)?.featureNames;
  const hasColumns = columns !== undefined && columns.length <= MOST_COLUMNS;
  const written = ({ tokens, featureNames, data }: Readable) => {
    if (tokens) return tokens.filter(Boolean).join(' ');
    return hasColumns && featureNames ? Array.from(data) : undefined;
  };
  return {
    picture: async (split, index) => {
      const data = splits[split];
      return data?.kind === 'image' ? data.picture(index) : undefined;
    },
    queryPicture: (query) => Promise.resolve(inputs[query]?.picture),
    columns: hasColumns ? columns : undefined,
    written: async ({ of, index }) => {
      const input = of === 'input' ? inputs[index] : undefined;
      if (of === 'input') return input && !input.picture ? written(input) : undefined;
      const data = splits[of];
      if (!data || data.kind === 'image') return undefined;
      const { featureNames, tokens } = data;
      if (!tokens && !(hasColumns && featureNames)) return undefined;
      return written({ featureNames, tokens: tokens?.(index), data: await data.examples([index]) });
    },
  };
}
