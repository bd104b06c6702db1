/** What people are shown of a probe: its picture, or the values of its row. */
import type { Picture } from '../../data/dataset.js';
import { toPicture } from '../../data/pictures/pictures.js';
import { elementCount } from '../../tensor.js';
import type { ProbeArray, Probes } from './probes.js';

/** Features of a row that anyone reads; rows of more are not listed. */
const MOST_FEATURES = 24;

/** A value of a table, by the name of its column. */
export interface ProbeFeature {
  readonly name: string;
  readonly value: number;
}

/** A probe as a picture; undefined where none of the model's inputs is one. */
export function probePicture({ arrays }: Pick<Probes, 'arrays'>, probe: number): Picture | undefined {
  const image = arrays.find(({ kind }) => kind === 'image');
  if (!image || image.data instanceof Float64Array) return undefined;
  return toPicture(partOf(image, image.data, probe), image.shape);
}

/** The row of a table that a probe is; undefined where its columns have no names, or are many. */
export function probeFeatures(
  { arrays, featureNames }: Pick<Probes, 'arrays' | 'featureNames'>,
  probe: number,
): readonly ProbeFeature[] | undefined {
  const [row] = arrays;
  if (!row || !featureNames || featureNames.length > MOST_FEATURES) return undefined;
  const values = partOf(row, row.data, probe);
  return featureNames.map((name, i) => ({ name, value: values[i]! })).filter(({ value }) => Number.isFinite(value));
}

function partOf<T extends ProbeArray['data']>({ shape }: ProbeArray, data: T, probe: number): T {
  const size = elementCount(shape);
  return data.subarray(probe * size, (probe + 1) * size) as T;
}
