/** Where examples lie in what the last layer sees of them: a picture in two dimensions. */
import * as v from 'valibot';
import { count, list, number } from '../schema/fields.js';

/** Schema of it. */
export const featureMapSchema = v.pipe(
  v.object({
    /** How many dimensions became two: neighbours stay neighbours, while distances between groups mean little. */
    method: v.literal('umap'),
    /** The layer whose input is shown. */
    layer: v.string(),
    /** Training examples: those that the result lists, and a sample of the others; by index, ascending. */
    train: v.object({ indices: list(count), labels: list(count), x: list(number), y: list(number) }),
    /** The explained inputs, in the result's order; empty where the result has none. */
    queries: v.object({ x: list(number), y: list(number) }),
  }),
  v.check(
    ({ train: { indices, labels, x, y }, queries }) =>
      [labels, x, y].every(({ length }) => length === indices.length) && queries.x.length === queries.y.length,
    'indices, labels, x and y must have the same length',
  ),
);

/** Where examples lie in two dimensions. */
export type FeatureMap = v.InferOutput<typeof featureMapSchema>;
