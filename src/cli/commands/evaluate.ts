import { EVALUATE_DEFAULTS } from '../../evaluate/evaluate.js';
import { EVALUATED_METHODS } from '../../evaluate/methods/registry.js';
import { PROTOCOLS, type ProtocolName } from '../../evaluate/protocols/registry.js';
import { evaluateToFolder } from '../../workflows/evaluate.js';
import { REPLAY_MEMORY } from '../../workflows/open-run.js';
import { defineDivided } from '../divided.js';
import { commonOptions, outputOptions } from '../options.js';
import { showEvaluation } from '../show/evaluation.js';
import { withReport, type Means } from '../with-report.js';

const D = EVALUATE_DEFAULTS;

/** `evaluate`: how well ways to value training examples stand up to training again. */
export const evaluateCommand = defineDivided({
  command: 'evaluate <run>',
  describe: 'Judge ways to value training examples by training again without some',
  builder: (yargs) =>
    outputOptions(commonOptions(yargs))
      .positional('run', { type: 'string', demandOption: true, describe: 'Run directory that train wrote' })
      .option('data', { type: 'string', describe: 'The training data, where they are no longer where the run says' })
      .option('protocol', {
        type: 'string',
        default: 'all',
        describe: `How they are judged, with commas between: ${Object.keys(PROTOCOLS).join(', ')}`,
      })
      .option('methods', {
        type: 'string',
        default: 'all',
        describe: `Which are judged, with commas between: ${Object.keys(EVALUATED_METHODS).join(', ')}`,
      })
      .option('queries', {
        type: 'number',
        default: D.queries,
        describe: 'Examples of the test split whose decisions are explained, drawn by the seed',
      })
      .option('keep', {
        type: 'string',
        default: D.keep.join(),
        describe: 'Shares of the training examples that are trained on again',
      })
      .option('subsets', {
        type: 'number',
        default: D.subsets,
        describe: 'Random subsets of each share; every one is a training',
      })
      .option('fresh-order', {
        type: 'boolean',
        default: D.freshOrder,
        describe: 'Also train on the subsets with batches in an order of their own',
      })
      .option('removals', {
        type: 'number',
        default: D.removals,
        describe: 'removal: queries whose strongest supporters are left out; each is three trainings a method',
      })
      .option('noise', { type: 'number', default: D.noise, describe: 'mislabel: share of the labels that is flipped' })
      .option('memory', {
        type: 'number',
        default: REPLAY_MEMORY / 2 ** 20,
        describe: 'Megabytes for states of past steps: with less, more of the training is run again',
      })
      .option('allow-drift', {
        type: 'boolean',
        default: false,
        describe: 'Go on where the training cannot be repeated to the bit',
      })
      .example('$0 evaluate run --out truth', 'Which ways to value training examples are true of this run?')
      .example(
        '$0 evaluate run --protocol lds --keep 0.5 --subsets 100 --out truth',
        'Only the linear datamodelling score',
      ),
  handler: async (args, ui, { division }) => {
    const { queries, subsets, freshOrder, removals, noise } = args;
    const work = (means: Means) =>
      evaluateToFolder({
        runDirectory: args.run,
        data: args.data,
        out: args.out,
        force: args.force,
        options: {
          protocols: namesIn(args.protocol, D.protocols) as ProtocolName[],
          methods: namesIn(args.methods, D.methods),
          queries,
          keep: namesIn(args.keep, []).map(Number),
          subsets,
          freshOrder,
          removals,
          noise,
          seed: args.seed,
        },
        memory: args.memory * 2 ** 20,
        allowDrift: args.allowDrift,
        division,
        ...means,
      });
    await withReport(args, ui, 'evaluate', work, showEvaluation);
  },
});

/** Names with commas between; `all` are the defaults. */
function namesIn(list: string, all: readonly string[]): string[] {
  if (list.trim() === 'all') return [...all];
  return list.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
}
