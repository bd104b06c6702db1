import { codecChoices } from '../../log/codecs/registry.js';
import { GHOST_STATISTICS } from '../../train/ghost-batch-norm.js';
import { LOSSES, type LossName } from '../../train/losses/registry.js';
import { TRAIN_DEFAULTS } from '../../train/options.js';
import { RATES, SINGLE_CLASS_EXAMPLES } from '../../train/sampler-defaults.js';
import { OPTIMIZERS, type OptimizerName } from '../../train/optimizers/registry.js';
import { SAMPLERS, type SamplerName } from '../../train/samplers/registry.js';
import type { RunManifest } from '../../run/manifest.js';
import type { Runtime } from '../../runtime/runtime.js';
import { startTraining } from '../../workflows/train.js';
import {
  commonOptions,
  readingOptions,
  outputOptions,
  parseList,
  parseNumbers,
  readingFrom,
  runtimeFor,
  interfaceChoice,
  interfaceOptions,
} from '../options.js';
import { defineCommand } from '../command.js';
import { parseClassWeights } from '../class-weights.js';
import { profiled, profileOption } from '../show/profile.js';
import { showTraining } from '../show/training.js';

const D = TRAIN_DEFAULTS;

/** Keys of a registry, as yargs wants its choices. */
const keys = <K extends string>(table: Readonly<Record<K, unknown>>) => Object.keys(table) as K[];

/** `train`: trains a model and logs every update. */
export const trainCommand = defineCommand({
  command: 'train',
  describe: 'Train a model inside ONNX Runtime and log every weight update',
  builder: (yargs) =>
    profileOption(interfaceOptions(readingOptions(outputOptions(commonOptions(yargs)))))
      .option('model', { type: 'string', describe: 'The .onnx classifier to train (not needed with --resume)' })
      .option('data', { type: 'string', describe: 'Training data: a folder, a file, s3://…, or fashion-mnist-sample' })
      .option('epochs', { type: 'number', default: D.epochs, describe: 'Passes over the data' })
      .option('batch-size', {
        type: 'number',
        describe: `Rows of a batch, ghosts included; ${D.batchSize} by default, of one class ${SINGLE_CLASS_EXAMPLES} and the ghosts`,
      })
      .option('ghost-size', {
        type: 'number',
        describe: 'Ghost rows of a batch; by default they follow from sampler and model',
      })
      .option('ghost-statistics', {
        choices: GHOST_STATISTICS,
        default: D.ghostStatistics,
        describe: 'What batch norm normalises with',
      })
      .option('sampler', {
        choices: keys<SamplerName>(SAMPLERS),
        default: D.sampler,
        describe: 'How batches are drawn: all classes shuffled, one class a batch, or one example a batch',
      })
      .option('loss', { choices: keys<LossName>(LOSSES), default: D.loss, describe: 'What is minimised' })
      .option('optimizer', { choices: keys<OptimizerName>(OPTIMIZERS), default: D.optimizer, describe: 'Update rule' })
      .option('lr', {
        type: 'number',
        describe: `Learning rate; ${D.learningRate} by default, for batches of one class ${RATES['single-class']}`,
      })
      .option('lr-steps', {
        type: 'string',
        describe:
          'Epochs after which the learning rate is multiplied by --lr-factor, such as 10,20; none by default, with ' +
          'batches of one class four fifths of all',
      })
      .option('lr-factor', {
        type: 'number',
        default: D.learningRateFactor,
        describe: 'Factor of the learning rate at each of --lr-steps',
      })
      .option('momentum', {
        type: 'number',
        default: D.optimizerSettings.momentum,
        describe: 'Momentum, for the optimizers momentum and nesterov',
      })
      .option('weight-decay', { type: 'number', default: D.weightDecay, describe: 'λ in gradient + λ·weight' })
      .option('clip-norm', { type: 'number', describe: 'Scale gradients down to this norm over all weights' })
      .option('labels-from', {
        type: 'string',
        array: true,
        describe:
          'Decisions about training examples that a report exported (decisions.csv): what is relabelled, and what dropped',
      })
      .option('sample-weights', {
        type: 'string',
        describe: 'What the loss of each training example is multiplied by: an .npy file with one number each',
      })
      .option('class-weights', {
        type: 'string',
        describe: 'The same by class: 0:2,3:0.5 (others 1), one for each as 1,2,…, or balanced',
      })
      .option('codec', {
        choices: codecChoices,
        default: D.codec,
        describe: 'How logged updates are stored; auto by size: float32, int8, and lowrank for large layers',
      })
      .option('rank', {
        type: 'number',
        describe: 'Outer products that lowrank keeps of an update; by default 24 of convolutions, 8 of dense layers',
      })
      .option('codec-tolerance', {
        type: 'number',
        describe:
          'Share of its updates that lowrank may lose at a layer, by norm, before another codec takes over; 0.9 by default',
      })
      .option('layers', {
        type: 'string',
        describe: 'Layers to log, by name, weight or number; all layers and all other weights by default',
      })
      .option('checkpoint-every', { type: 'number', default: D.checkpointEvery, describe: 'Steps between checkpoints' })
      .option('keep-checkpoints', {
        type: 'number',
        default: D.keepCheckpoints,
        describe: 'How many checkpoints to keep, the newest',
      })
      .option('resume', { type: 'boolean', default: false, describe: 'Continue the training in --out' })
      .option('log', { type: 'boolean', default: D.log, describe: 'Log every update; --no-log trains without' })
      .option('seed', { type: 'number', default: D.seed, describe: 'Seed of all random numbers' })
      .example('$0 train --model lenet.onnx --data fashion-mnist-sample --out run', 'Train and log every update')
      .example(
        '$0 train --model m.onnx --data photos --sampler single-class --out run',
        'Attribute each step to a class',
      )
      .example('$0 train --resume --out run', 'Continue after an interruption')
      .example('$0 train --model m.onnx --data photos --out s3://bucket/run', 'Keep the run in a store, as it grows'),
  handler: async (args, ui) => {
    const started = Date.now();
    const reading = await readingFrom(args);
    const train = (runtime: Runtime) =>
      startTraining({
        modelPath: args.model,
        dataSpec: args.data,
        runDirectory: args.out,
        force: args.force,
        resume: args.resume,
        runtime,
        onNotice: ui.notice,
        input: reading,
        options: {
          ...interfaceChoice(args),
          epochs: args.epochs,
          batchSize: args.batchSize,
          ghostSize: args.ghostSize,
          ghostStatistics: args.ghostStatistics,
          sampler: args.sampler,
          loss: args.loss,
          optimizer: args.optimizer,
          optimizerSettings: { ...D.optimizerSettings, momentum: args.momentum },
          learningRate: args.lr,
          learningRateSteps: parseNumbers(args.lrSteps, '--lr-steps'),
          learningRateFactor: args.lrFactor,
          weightDecay: args.weightDecay,
          clipNorm: args.clipNorm,
          log: args.log,
          codec: args.codec,
          rank: args.rank,
          codecTolerance: args.codecTolerance,
          layers: parseList(args.layers),
          checkpointEvery: args.checkpointEvery,
          keepCheckpoints: args.keepCheckpoints,
          seed: args.seed,
        },
        labelsFrom: args.labelsFrom,
        sampleWeights: args.sampleWeights,
        classWeights: parseClassWeights(args.classWeights),
        onProgress: showTraining(ui),
      });
    const show = (manifest: RunManifest) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      const accuracy = manifest.epochs.at(-1)?.testAccuracy;
      const reached = accuracy === undefined ? '' : `, test accuracy ${(100 * accuracy).toFixed(2)} %`;
      ui.verdict(`${args.out}: ${manifest.steps} steps in ${seconds} s${reached}`);
    };
    await profiled(args, runtimeFor(args), ui, train, show);
  },
});
