/**
 * What the examples themselves say of labels: small pictures of them, which no network has made like its labels. They tell
 * classes apart less well than its features, and know nothing of what it has memorised.
 */
import type { Dataset } from '../../../data/dataset.js';
import type { Runtime } from '../../../runtime/runtime.js';
import { elementCount } from '../../../tensor.js';
import type { FeatureMatrix } from '../../representer/features/features.js';
import { likeliest } from './confident.js';
import { neighbourVotes } from './neighbours.js';
import { outOfFold } from './out-of-fold.js';

/** Evidence of other examples, [rows, classes] each. */
export interface OthersSay {
  readonly probabilities: Float64Array;
  readonly votes: Float64Array;
}

/** Numbers of a small picture, at most. */
const SMALL = 256;

/** Examples read at once. */
const BLOCK = 500;

/**
 * Evidence from the examples as they are stored.
 * @returns undefined where they are long vectors, whose likeness says little
 */
export async function evidenceOfInputs(
  data: Dataset,
  labels: Int32Array,
  classes: number,
  seed: number,
  runtime: Runtime,
): Promise<OthersSay | undefined> {
  const features = await smallExamples(data);
  if (!features) return undefined;
  const rows = { features, labels, classes };
  return { probabilities: await outOfFold(rows, seed, runtime), votes: await neighbourVotes(rows, runtime) };
}

/** Pictures as means over squares, so that few numbers are left of each; short vectors as they are. */
export async function smallExamples(data: Dataset): Promise<FeatureMatrix | undefined> {
  const { kind, shape, length } = data;
  const size = elementCount(shape);
  if (kind !== 'image' && size > SMALL) return undefined;
  const [channels = 1, height = 1, width = 1] = kind === 'image' ? shape : [1, 1, size];
  const edge = kind === 'image' ? Math.ceil(Math.sqrt(size / SMALL)) : 1;
  const [rows, columns] = [Math.ceil(height / edge), Math.ceil(width / edge)];
  const count = channels * rows * columns;
  // How many pixels each square has: those at the right and lower edge may have fewer.
  const shares = new Float64Array(count);
  const place = new Int32Array(size);
  for (let at = 0; at < size; at++) {
    const [x, y, channel] = [at % width, Math.floor(at / width) % height, Math.floor(at / (width * height))];
    place[at] = (channel * rows + Math.floor(y / edge)) * columns + Math.floor(x / edge);
    shares[place[at]!]!++;
  }
  const result = new Float32Array(length * count);
  for (let start = 0; start < length; start += BLOCK) {
    const indices = Int32Array.from({ length: Math.min(BLOCK, length - start) }, (_, i) => start + i);
    const part = await data.examples(indices);
    for (let k = 0; k < part.length; k++) {
      const square = place[k % size]!;
      result[(start + Math.floor(k / size)) * count + square]! += part[k]! / shares[square]!;
    }
  }
  return { rows: length, columns: count, data: result };
}

/**
 * How much what inputs say counts beside what features say: half as much, times the square of how much better than chance
 * its classes agree with the labels, relative to the features'. 0 to ½.
 */
export function weightOfInputs(inputs: OthersSay, features: OthersSay, labels: Int32Array, classes: number): number {
  const skill = ({ probabilities }: OthersSay) => {
    const likely = likeliest(probabilities, classes);
    const agreement = labels.reduce((sum, label, i) => sum + (likely[i] === label ? 1 : 0), 0) / labels.length;
    return Math.max(0, agreement - 1 / classes);
  };
  const own = skill(features);
  return own > 0 ? Math.min(1, skill(inputs) / own) ** 2 / 2 : 0;
}
