/** Options that follow from sampler and model. */
import { expect, test } from '@jest/globals';
import type { TrainOptions } from '../../src/train/options.js';
import { completeOptions } from '../../src/train/sampler-defaults.js';

const facts = { classes: 10, hasBatchNorm: true };

test.each<[string, Partial<TrainOptions>, Partial<typeof facts>, Partial<TrainOptions>]>([
  [
    'ordinary training',
    {},
    {},
    { sampler: 'shuffled', batchSize: 128, ghostSize: 0, learningRate: 0.01, learningRateSteps: [] },
  ],
  ['single-class', { sampler: 'single-class' }, {}, { batchSize: 32, ghostSize: 20, learningRate: 0.001 }],
  ['… comes to rest at the end', { sampler: 'single-class' }, {}, { epochs: 5, learningRateSteps: [4] }],
  ['… of two epochs', { sampler: 'single-class', epochs: 2 }, {}, { learningRateSteps: [1] }],
  ['… of one epoch', { sampler: 'single-class', epochs: 1 }, {}, { learningRateSteps: [] }],
  ['… of many', { sampler: 'single-class', epochs: 50 }, {}, { learningRateSteps: [40] }],
  ['… where the user says', { sampler: 'single-class', learningRateSteps: [2] }, {}, { learningRateSteps: [2] }],
  ['… without batch norm', { sampler: 'single-class' }, { hasBatchNorm: false }, { batchSize: 12, ghostSize: 0 }],
  ['… of three classes', { sampler: 'single-class' }, { classes: 3 }, { batchSize: 30, ghostSize: 18 }],
  ['… of a hundred classes', { sampler: 'single-class' }, { classes: 100 }, { batchSize: 112, ghostSize: 100 }],
  ['… of a thousand classes', { sampler: 'single-class' }, { classes: 1000 }, { batchSize: 128, ghostSize: 116 }],
  ['… with rows given', { sampler: 'single-class', batchSize: 64 }, {}, { batchSize: 64, ghostSize: 40 }],
  ['… with 24 rows given', { sampler: 'single-class', batchSize: 24 }, {}, { batchSize: 24, ghostSize: 10 }],
  ['… with few rows given', { sampler: 'single-class', batchSize: 8 }, {}, { batchSize: 8, ghostSize: 7 }],
  ['… with ghosts given', { sampler: 'single-class', ghostSize: 40 }, {}, { batchSize: 52, ghostSize: 40 }],
  ['… with a rate given', { sampler: 'single-class', learningRate: 0.01 }, {}, { learningRate: 0.01 }],
  ['… undefined is left out', { sampler: 'single-class', batchSize: undefined }, {}, { batchSize: 32 }],
  ['single-instance', { sampler: 'single-instance' }, {}, { ghostSize: 40, learningRate: 0.001 }],
  ['… of a hundred classes', { sampler: 'single-instance' }, { classes: 100 }, { ghostSize: 100 }],
])('%s', (_, given, change, expected) => {
  expect(completeOptions(given, { ...facts, ...change })).toMatchObject(expected);
});
