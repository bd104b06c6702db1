/** Data for the run that the model is held against: small vectors of ten classes that overlap. */
import { writeFileSync } from 'node:fs';
import { seededRandom } from '../../src/numeric/random.js';
import { encodeNpz } from '../fuzz/encode-npz.js';

const CLASSES = 10;
const TESTED = 1000;

/** Writes an `.npz` of float32 vectors, and 1,000 more to test with. */
export function writeSmallSet(path: string, examples: number, size: number): void {
  const random = seededRandom(1, 0);
  const means = Float32Array.from({ length: CLASSES * size }, () => random.uniform() - 0.5);
  const part = (count: number) => ({
    x: Float32Array.from({ length: count * size }, (_, at) => {
      const [example, place] = [Math.floor(at / size), at % size];
      return means[(example % CLASSES) * size + place]! + 2 * (random.uniform() - 0.5);
    }),
    y: Int32Array.from({ length: count }, (_, i) => i % CLASSES),
  });
  const [train, test] = [part(examples), part(TESTED)];
  const bytes = encodeNpz({
    x: ['<f4', [examples, size], train.x],
    y: ['<i4', [examples], train.y],
    x_test: ['<f4', [TESTED, size], test.x],
    y_test: ['<i4', [TESTED], test.y],
  });
  writeFileSync(path, bytes);
}
