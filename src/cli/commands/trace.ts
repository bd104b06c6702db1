import { InputError } from '../../errors.js';
import { SIMILARITIES } from '../../explain/trace/step-use.js';
import { TRACE_DEFAULTS, type TraceOptions } from '../../explain/trace/trace.js';
import { REPLAY_MEMORY } from '../../workflows/open-run.js';
import { traceToFolder } from '../../workflows/trace.js';
import { profileOption } from '../show/profile.js';
import { defineDivided } from '../divided.js';
import { commonOptions, INPUT, INPUT_SPLIT, MAP, outputOptions, parseList, parseSize } from '../options.js';
import { showTrace } from '../show/trace.js';
import { withReport, type Means } from '../with-report.js';

const D = TRACE_DEFAULTS;

/** `trace`: which training steps, batches and classes made a decision's representations. */
export const traceCommand = defineDivided({
  command: 'trace <run>',
  describe: 'Explain decisions by the training steps, batches and classes that shaped them',
  builder: (yargs) =>
    profileOption(outputOptions(commonOptions(yargs)))
      .positional('run', { type: 'string', demandOption: true, describe: 'Run directory that train wrote' })
      .option('input', { ...INPUT, demandOption: true })
      .option('input-split', INPUT_SPLIT)
      .option('resize', { type: 'string', describe: 'Bring --input to WIDTHxHEIGHT pixels, such as 28x28' })
      .option('channels', { type: 'number', choices: [1, 3], describe: 'Make --input grey (1) or RGB (3)' })
      .option('data', { type: 'string', describe: 'The training data, where they are no longer where the run says' })
      .option('layer', {
        type: 'string',
        describe: 'Layers by name, weight or number, such as conv1,fc2; all by default',
      })
      .option('top-k', { type: 'number', default: D.topK, describe: 'How many examples, opponents and steps to list' })
      .option('split', {
        choices: ['exact', 'batch'] as const,
        describe:
          'How what a batch did is split among its examples: exactly, by replaying the training, or in equal parts; exactly by default, where the run can be replayed',
      })
      .option('memory', {
        type: 'number',
        default: REPLAY_MEMORY / 2 ** 20,
        describe: 'Megabytes for states of past steps: with less, more of the training is run again',
      })
      .option('similarity', {
        choices: SIMILARITIES,
        default: D.similarity,
        describe: 'What examples and steps are ranked by: the product with the layer’s output, or its cosine',
      })
      .option('reference', {
        choices: ['full', 'delta'] as const,
        default: D.reference,
        describe: 'Compare with the layer’s whole output, or with what training changed of it',
      })
      .option('bandwidth', {
        type: 'string',
        default: '0.1',
        describe: 'Width of the kernel in ridge plots: a factor of the standard deviation, or absolute:<width>',
      })
      .option('contrast', {
        type: 'boolean',
        default: D.contrast,
        describe: 'Rank by what is specific to the input: γ minus its mean over reference inputs',
      })
      .option('references', {
        type: 'number',
        default: D.references,
        describe: 'How many reference inputs, drawn by the seed from the test split; 0 for none',
      })
      .option('map', MAP)
      .option('steps', { type: 'boolean', default: D.steps, describe: 'Add the series of all steps to the result' })
      .example('$0 trace run --input fashion-mnist-sample@17 --out why', 'Why is test example 17 seen as it is?')
      .example('$0 trace run --input shoe.png --layer fc2 --out why', 'One layer, for a picture of your own'),
  handler: async (args, ui, { division }) => {
    if (!Number.isSafeInteger(args.topK) || args.topK < 1) {
      throw new InputError(`--top-k ${args.topK}: expected a whole number from 1`);
    }
    if (!Number.isSafeInteger(args.references) || args.references < 0) {
      throw new InputError(`--references ${args.references}: expected a whole number, or 0 for none`);
    }
    const { similarity, reference, steps, topK, contrast, references } = args;
    const work = (means: Means) =>
      traceToFolder({
        runDirectory: args.run,
        inputs: args.input,
        inputSplit: args.inputSplit,
        resize: parseSize(args.resize),
        channels: args.channels as 1 | 3 | undefined,
        data: args.data,
        out: args.out,
        force: args.force,
        map: args.map,
        options: {
          similarity,
          reference,
          steps,
          topK,
          contrast,
          references,
          bandwidth: parseBandwidth(args.bandwidth),
          layers: parseList(args.layer),
        },
        // What other threads compute is on no record.
        decodeThreads: args.profile === true ? 0 : args.threads,
        split: args.split,
        memory: args.memory * 2 ** 20,
        division,
        ...means,
      });
    await withReport(args, ui, 'tracing', work, showTrace);
  },
});

/** @throws InputError unless the text is a number above 0, alone or behind `absolute:` */
function parseBandwidth(text: string): TraceOptions['bandwidth'] {
  const [, absolute, digits] = /^(absolute:)?(.+)$/.exec(text) ?? [];
  const value = Number(digits ?? NaN);
  if (!(value > 0 && value < Infinity)) {
    throw new InputError(`--bandwidth ${text}: expected a number above 0, or absolute: and one, such as absolute:0.05`);
  }
  return absolute ? { width: value } : { factor: value };
}
