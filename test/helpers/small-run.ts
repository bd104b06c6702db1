/** A small convolutional network trained for a few seconds on patterns made on the spot: a real run directory. */
import { join } from 'node:path';
import { openDataset } from '../../src/data/open-dataset.js';
import type { Dataset } from '../../src/data/dataset.js';
import { readInputs, type Input } from '../../src/data/input.js';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { writeModelFile } from '../../src/onnx/file.js';
import type { Model } from '../../src/onnx/model.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { float32 } from '../../src/tensor.js';
import type { TrainOptions } from '../../src/train/options.js';
import { startTraining } from '../../src/workflows/train.js';
import { encodeIdx, writeFiles } from './data-files.js';
import { gaussian, randomNumbers } from './random-tensors.js';

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

/**
 * A network with one of each: a convolution with padding and bias, batch normalisation, a grouped convolution without
 * bias, a Gemm that stores its weight [in, out], and a MatMul whose bias is added apart.
 */
export function smallNetwork(): Model {
  const g = new GraphBuilder();
  let seed = 1;
  const weight = (name: string, dims: number[], deviation: number) =>
    g.initializer(
      name,
      float32(
        gaussian(
          dims.reduce((a, b) => a * b),
          seed++,
          deviation,
        ),
        dims,
      ),
    );
  const filled = (name: string, count: number, value: number) =>
    g.initializer(name, float32(new Float32Array(count).fill(value)));
  const node = (op: string, name: string, inputs: string[], attributes: Attributes = {}) => {
    g.add(makeNode(op, inputs, [g.reserve(name)], attributes));
    return name;
  };
  const bias = (name: string, count: number) => filled(name, count, 0);
  let x = g.input('image', 'float32', ['batch', 1, EDGE, EDGE]);
  x = node('Conv', 'conv1', [x, weight('conv1.weight', [8, 1, 3, 3], 0.4), bias('conv1.bias', 8)], {
    pads: [1, 1, 1, 1],
  });
  const statistics = [
    filled('bn.scale', 8, 1),
    filled('bn.shift', 8, 0),
    filled('bn.mean', 8, 0),
    filled('bn.var', 8, 1),
  ];
  x = node('BatchNormalization', 'bn', [x, ...statistics]);
  x = node('MaxPool', 'pool', [node('Relu', 'relu1', [x])], { kernel_shape: [2, 2], strides: [2, 2] });
  x = node('Relu', 'relu2', [node('Conv', 'conv2', [x, weight('conv2.weight', [8, 4, 3, 3], 0.2)], { group: 2 })]);
  x = node('Flatten', 'flatten', [x]);
  x = node('Relu', 'relu3', [node('Gemm', 'fc1', [x, weight('fc1.weight', [128, 24], 0.1), bias('fc1.bias', 24)])]);
  x = node('MatMul', 'fc2', [x, weight('fc2.weight', [24, CLASSES], 0.2)]);
  g.output(node('Add', 'logits', [x, bias('fc2.bias', CLASSES)]), 'float32', ['batch', CLASSES]);
  return g.model();
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
