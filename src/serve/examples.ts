/** Examples of data sets as pages take them (Node only). */
import type { Dataset } from '../data/dataset.js';
import type { LiveExamples } from '../report/app/live/config.js';
import { elementCount } from '../tensor.js';
import { bytesResource, type Resource } from './site.js';

/** Most examples that a page compares with, */
const MOST_EXAMPLES = 5000;
/** and what they may weigh. */
const MOST_BYTES = 2 ** 25;

/**
 * Examples of a data set, spread evenly over it where a page would not hold all.
 * @param url where the page finds them
 */
export async function examplesFor(
  url: string,
  data: Dataset,
): Promise<{ readonly examples: LiveExamples; readonly resource: Resource }> {
  const { spec, elementType, shape, classNames, length } = data;
  const bytesOfOne = elementCount(shape) * (elementType === 'uint8' ? 1 : 4);
  const count = Math.min(length, MOST_EXAMPLES, Math.max(1, Math.floor(MOST_BYTES / bytesOfOne)));
  const indices = Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
  const { buffer, byteOffset, byteLength } = await data.examples(indices);
  const files = indices.map((index) => {
    const { file, row } = data.origin(index);
    return row === undefined ? (file ?? null) : null;
  });
  return {
    examples: {
      name: spec,
      url,
      elementType,
      shape,
      classNames,
      labels: indices.map((index) => data.labels[index]!),
      indices,
      files: files.some((file) => file !== null) ? files : undefined,
      of: length,
    },
    resource: bytesResource('application/octet-stream', new Uint8Array(buffer, byteOffset, byteLength)),
  };
}
