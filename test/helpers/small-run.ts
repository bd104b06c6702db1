/** A small convolutional network trained for a few seconds on patterns made on the spot: a real run directory. */
import { join } from 'node:path';
import { openDataset } from '../../src/data/open-dataset.js';
import type { Dataset } from '../../src/data/dataset.js';
import { readInputs, type Input } from '../../src/data/input.js';
import { writeModelFile } from '../../src/onnx/file.js';
import type { Model } from '../../src/onnx/model.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import type { TrainOptions } from '../../src/train/options.js';
import { startTraining } from '../../src/workflows/train.js';
import { encodeIdx, writeFiles } from './data-files.js';
import { smallNetwork } from './networks.js';
import { randomNumbers } from './random-tensors.js';

const CLASSES = 4;
const EDGE = 12;

/** Grey pictures of four classes: a bright stripe that runs across, down, or along one of the diagonals, in noise. */
function patterns(count: number, seed: number): { images: Uint8Array; labels: Uint8Array } {
  const next = randomNumbers(seed);
  const images = new Uint8Array(count * EDGE * EDGE);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  for (let i = 0; i < count; i++) {
    const place = 3 + Math.floor(next() * (EDGE - 6));
    for (let y = 0; y < EDGE; y++) {
      for (let x = 0; x < EDGE; x++) {
        const off = [y - place, x - place, x - y + place - 6, x + y - place - 6][labels[i]!]!;
        const bright = Math.abs(off) <= 1 ? 150 : 0;
        images[(i * EDGE + y) * EDGE + x] = bright + Math.floor(next() * 80);
      }
    }
  }
  return { images, labels };
}

/** Writes the data set as IDX files. */
export function writePatterns(folder: string, trainCount: number): string {
  const train = patterns(trainCount, 1);
  const test = patterns(40, 2);
  return writeFiles(folder, {
    'train-images-idx3-ubyte': encodeIdx([trainCount, EDGE, EDGE], train.images),
    'train-labels-idx1-ubyte': encodeIdx([trainCount], train.labels),
    't10k-images-idx3-ubyte': encodeIdx([40, EDGE, EDGE], test.images),
    't10k-labels-idx1-ubyte': encodeIdx([40], test.labels),
  });
}

/** A run and what it was made from. */
export interface SmallRun {
  readonly directory: string;
  readonly dataSpec: string;
  readonly trainSet: Dataset;
  /** The first examples of the test split. */
  readonly inputs: readonly Input[];
}

/**
 * Trains the small network.
 * @param folder an empty one
 * @param options what differs from the defaults of this helper
 * @param model another one than the small network, for pictures of one channel and 12 × 12 pixels of four classes
 */
export async function smallRun(
  folder: string,
  options: Partial<TrainOptions> = {},
  trainCount = 160,
  model: Model = smallNetwork(),
): Promise<SmallRun> {
  const dataSpec = writePatterns(join(folder, 'data'), trainCount);
  const modelPath = join(folder, 'small.onnx');
  await writeModelFile(modelPath, model);
  const directory = join(folder, 'run');
  await startTraining({
    modelPath,
    dataSpec,
    runDirectory: directory,
    options: {
      sampler: 'single-class',
      ghostSize: 4,
      epochs: 3,
      batchSize: 12,
      learningRate: 0.02,
      learningRateSteps: [],
      codec: 'float32',
      checkpointEvery: 20,
      ...options,
    },
    runtime: nodeRuntime({ threads: 1 }),
  });
  return {
    directory,
    dataSpec,
    trainSet: await openDataset(dataSpec, { split: 'train' }),
    inputs: await readInputs([`${dataSpec}@0,1,2,3,4`]),
  };
}
