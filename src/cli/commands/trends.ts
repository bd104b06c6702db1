import { COMPOSITES } from '../../explain/attribution/composites/registry.js';
import { METHODS } from '../../explain/attribution/methods/registry.js';
import { ATTRIBUTION_DEFAULTS } from '../../explain/attribution/settings.js';
import { TRENDS_COMPOSITE, TRENDS_DEFAULTS } from '../../workflows/trends-request.js';
import { trendsToFolder } from '../../workflows/trends.js';
import { profileOption } from '../show/profile.js';
import { defineCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { commonOptions, outputOptions, parseMethods, parseNumbers } from '../options.js';
import { showTrends } from '../show/trends.js';
import { withReport, type Means } from '../with-report.js';

const D = TRENDS_DEFAULTS;
const METHOD_NAMES = METHODS.map(({ name }) => name);

/** `trends`: how explanations changed while the network learned. */
export const trendsCommand = defineCommand({
  command: 'trends <run>',
  describe: 'Measure how explanations changed while a network learned, and how that goes with its losses',
  builder: (yargs) =>
    profileOption(outputOptions(commonOptions(yargs)))
      .positional('run', { type: 'string', demandOption: true, describe: 'Run directory that train wrote' })
      .option('data', { type: 'string', describe: 'The training data, where they are no longer where the run says' })
      .option('every', {
        type: 'number',
        describe: 'Measure every so many steps; about a hundred times by default',
      })
      .option('images', {
        type: 'number',
        describe: 'Images of each class, from either split; 10 by default, or so many that each split has about 100',
      })
      .option('method', {
        type: 'string',
        default: D.methods.join(),
        describe: `One or several, separated by commas: ${METHOD_NAMES.join(', ')}`,
      })
      .option('target', {
        type: 'string',
        default: D.target,
        describe: 'Explain the score of this class: predicted (at each step), true, a name or a number',
      })
      .option('composite', {
        type: 'string',
        default: TRENDS_COMPOSITE,
        describe: `Rules of all layers: ${COMPOSITES.map(({ name }) => name).join(', ')}, or a rule for every layer`,
      })
      .option('rules', {
        type: 'string',
        describe: 'A JSON file with rules of single layers, such as {"conv1": "zbox"}',
      })
      .option('ignore-bias', {
        type: 'boolean',
        default: ATTRIBUTION_DEFAULTS.ignoreBias,
        describe: 'Leave biases out of the denominators, so that they absorb no relevance',
      })
      .option('low', {
        type: 'string',
        describe: 'For the rule zbox: smallest input value; black after the run’s --mean by default',
      })
      .option('high', {
        type: 'string',
        describe: 'For the rule zbox: largest input value; white after the run’s --mean by default',
      })
      .option('fallback', {
        choices: ['gradient'] as const,
        describe: 'Pass operators without a rule by their gradient',
      })
      .option('layer', {
        type: 'string',
        describe: 'A layer by name, weight or number; the last convolution by default',
      })
      .option('relu', {
        type: 'boolean',
        default: ATTRIBUTION_DEFAULTS.relu,
        describe: 'Cut what opposes; --no-relu keeps it',
      })
      .option('loss-examples', {
        type: 'number',
        default: D.lossExamples,
        describe: 'Examples of either split that loss and accuracy are computed of',
      })
      .option('show', { type: 'number', default: D.show, describe: 'Images whose maps are kept and shown' })
      .option('fail-on', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe:
          'End with 1 where this is so, such as "entropy falls by more than 20 % within 500 steps after step 500"; may be repeated',
      })
      .option('seed', { type: 'number', default: D.seed, describe: 'Seed of all random numbers' })
      .option('allow-drift', {
        type: 'boolean',
        default: false,
        describe: 'Go on where a training that must be run again is not the same to the bit',
      })
      .example('$0 trends run --out trends', 'Did explanations settle while the network learned?')
      .example('$0 trends run --every 10 --method lrp,grad-cam --out trends', '… at every tenth step, by two methods')
      .example(
        '$0 trends run --fail-on "fit is strong overfit" --fail-on "lrp test entropy falls by more than 20 % within 500 steps after step 500" --out trends',
        'Gate a training run in CI',
      ),
  handler: async (args, ui) => {
    const { every, images, target, lossExamples, show, seed, composite, ignoreBias, fallback, layer, relu } = args;
    const work = (means: Means) =>
      trendsToFolder({
        runDirectory: args.run,
        dataSpec: args.data,
        options: { every, images, lossExamples, show, methods: parseMethods(args.method, METHOD_NAMES), target, seed },
        settings: { composite, ignoreBias, fallback, layer, relu },
        rulesFile: args.rules,
        low: parseNumbers(args.low, '--low'),
        high: parseNumbers(args.high, '--high'),
        failOn: args.failOn,
        allowDrift: args.allowDrift,
        out: args.out,
        force: args.force,
        ...means,
      });
    const result = await withReport(args, ui, 'trends', work, showTrends);
    return result.conditions.some(({ met }) => met) ? EXIT.regression : EXIT.done;
  },
});
