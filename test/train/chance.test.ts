/** What guessing reaches, when a network is said to do no better, and what is said of it. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeModelFile } from '../../src/onnx/file.js';
import { graphOf, type Model } from '../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor-proto.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { guessing, isAtChance } from '../../src/train/chance.js';
import type { TrainOptions } from '../../src/train/options.js';
import { startTraining } from '../../src/workflows/train.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { smallNetwork } from '../helpers/networks.js';
import { writePatterns } from '../helpers/small-run.js';
import { runtime } from '../helpers/training.js';

describe('guessing', () => {
  const task = {
    loss: 'cross-entropy' as const,
    labels: Int32Array.of(0, 0, 0, 1),
    weights: new Float32Array(4).fill(1),
    testLabels: undefined,
    classes: 2,
  };

  test('has the entropy of the class prior as its loss', () => {
    expect(guessing(task).loss).toBeCloseTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), 12);
    expect(guessing({ ...task, loss: 'mean-squared-error' }).loss).toBeUndefined();
  });

  test('of the weighted prior where examples have weights, over their number', () => {
    // Weights 0.5 and 1.5: both classes weigh 1.5, of 4 examples.
    const weights = Float32Array.of(0.5, 0.5, 0.5, 1.5);
    expect(guessing({ ...task, weights }).loss).toBeCloseTo((3 * Math.log(2)) / 4, 12);
  });

  test('has the share of the largest class as its accuracy, and what chance may add', () => {
    const testLabels = Int32Array.from({ length: 1000 }, (_, i) => (i < 300 ? 1 : 0));
    expect(guessing({ ...task, testLabels }).accuracy).toBeCloseTo(0.7 + 3.09 * Math.sqrt((0.7 * 0.3) / 1000), 12);
  });
});

describe('at chance', () => {
  const bound = { loss: 2.3, accuracy: 0.12 };
  const epoch = { step: 50, trainLoss: 2.31, testAccuracy: 0.11 };

  test.each([
    ['neither is better', {}, 'shuffled', true],
    ['the test split shows more', { testAccuracy: 0.13 }, 'shuffled', false],
    ['the loss shows more: statistics of batch norm follow later', { trainLoss: 2.1 }, 'shuffled', false],
    ['the loss is within the margin', { trainLoss: 2.29 }, 'shuffled', true],
    ['no test split', { testAccuracy: undefined }, 'shuffled', true],
    ['too few steps to tell', { step: 10 }, 'shuffled', false],
    ['single-class: a loss that each batch overcomes says nothing', { trainLoss: 0.5 }, 'single-class', true],
    ['single-class without a test split', { testAccuracy: undefined, trainLoss: 0.5 }, 'single-class', false],
  ] as const)('%s', (_, change, sampler, expected) => {
    expect(isAtChance({ ...epoch, ...change }, sampler, bound)).toBe(expected);
  });
});

describe('a training', () => {
  const folder = temporaryFolder();
  const dataSpec = writePatterns(join(folder, 'data'), 160);
  let count = 0;

  async function trained(
    options: Partial<TrainOptions>,
    change: (model: Model) => void = () => undefined,
    input: { std?: number[] } = {},
  ): Promise<{ manifest: RunManifest; notices: string[] }> {
    const place = join(folder, String(count++));
    const model = smallNetwork();
    change(model);
    await writeModelFile(`${place}.onnx`, model);
    const notices: string[] = [];
    const manifest = await startTraining({
      modelPath: `${place}.onnx`,
      dataSpec,
      runDirectory: place,
      input,
      options: { epochs: 2, batchSize: 8, learningRate: 0.02, log: false, ...options },
      runtime,
      onNotice: (line) => notices.push(line),
    });
    return { manifest, notices };
  }

  const multiply = (name: string, factor: number) => (model: Model) => {
    const stored = graphOf(model).initializer.find((tensor) => tensor.name === name)!;
    const { type, dims, data } = decodeTensor(stored);
    const scaled = { type, dims, data: (data as Float32Array).map((value) => value * factor) };
    Object.assign(stored, encodeTensor(name, scaled));
  };

  test('that learns is told nothing', async () => {
    const { manifest, notices } = await trained({});
    expect(manifest.epochs.map(({ atChance }) => atChance)).toEqual([undefined, undefined]);
    expect(notices).toEqual([]);
  });

  test('at too small a rate', async () => {
    const { manifest, notices } = await trained({ learningRate: 1e-7 });
    expect(manifest.epochs.map(({ atChance }) => atChance)).toEqual([true, true]);
    expect(notices).toEqual([
      expect.stringMatching(
        /^after epoch 1 the network is at chance \(training loss \d\.\d{3}, guessing has 1\.386; test accuracy .* %, guessing may have 46\.2 %\): its weights have hardly moved; try `learningRate` 0\.000001$/,
      ),
      'after epoch 2 the network is still at chance',
    ]);
  });

  test('at too large a rate', async () => {
    const { notices } = await trained({ learningRate: 5 });
    expect(notices[0]).toMatch(/is at chance .*: (the steps are probably too large; try|its layer .* as a ReLU does)/);
  });

  test('with a layer that is dead', async () => {
    const { notices } = await trained({ learningRate: 0.001, batchSize: 4, epochs: 1 }, (model) => {
      const bias = graphOf(model).initializer.find(({ name }) => name === 'fc1.bias')!;
      Object.assign(
        bias,
        encodeTensor('fc1.bias', { type: 'float32', dims: [24], data: new Float32Array(24).fill(-1e4) }),
      );
    });
    expect(notices).toEqual([
      expect.stringMatching(/: its layer "relu3" gives 0 for every example, .*`learningRate` 0\.0001$/),
    ]);
  });

  test('on inputs of another size than networks expect', async () => {
    // Without batch norm to make up for it.
    const freeze = multiply('bn.scale', 0);
    const { notices } = await trained({ learningRate: 1e-9, epochs: 1 }, freeze, { std: [0.001] });
    expect(notices).toEqual([
      expect.stringMatching(/: its inputs are numbers of about \d+, .*; set `mean` and `std`$/),
    ]);
  });

  test('with batches of one class, and batch norm without ghosts', async () => {
    const { manifest, notices } = await trained({
      sampler: 'single-class',
      ghostSize: 0,
      learningRate: 0.05,
      batchSize: 4,
    });
    expect(manifest.epochs[0]!.atChance).toBe(true);
    expect(notices[0]).toMatch(/: batch norm saw single-class batches without ghosts, .*set `ghostSize`/);
  });

  test('with batches of one class and steps that are too large', async () => {
    const { notices } = await trained({ sampler: 'single-class', learningRate: 0.3, batchSize: 24, ghostSize: 8 });
    expect(notices[0]).toMatch(
      /: single-class batches pull the weights to and fro; try `batchSize` 20 with `ghostSize` 8 and `learningRate` 0\.001, or `sampler` shuffled$/,
    );
  });
});
