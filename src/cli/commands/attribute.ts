import { InputError } from '../../errors.js';
import { COMPOSITES } from '../../explain/attribution/composites/registry.js';
import { METHOD_NAMES } from '../../explain/attribution/methods/registry.js';
import { KERNELS, type KernelName } from '../../explain/attribution/mim/kernels/registry.js';
import { LAYERED_DEFAULTS } from '../../explain/attribution/mim/settings.js';
import { ATTRIBUTION_DEFAULTS } from '../../explain/attribution/settings.js';
import { attributeToFolder, MOST_EXAMPLES } from '../../workflows/attribute.js';
import { profileOption } from '../show/profile.js';
import { defineDivided } from '../divided.js';
import {
  commonOptions,
  INPUT,
  INPUT_SPLIT,
  interfaceChoice,
  interfaceOptions,
  outputOptions,
  parseList,
  parseMethods,
  parseNumbers,
  readingFrom,
  readingOptions,
} from '../options.js';
import { showAttributions } from '../show/attribution.js';
import { withReport, type Means } from '../with-report.js';

const D = ATTRIBUTION_DEFAULTS;

/** `attribute`: which part of an input speaks for a class. */
export const attributeCommand = defineDivided({
  command: 'attribute',
  describe: 'Explain a decision in the input: gradients, Grad-CAM, LRP, layered explanations',
  builder: (yargs) =>
    profileOption(interfaceOptions(readingOptions(outputOptions(commonOptions(yargs)))))
      .option('model', { type: 'string', demandOption: true, describe: 'The .onnx classifier to explain' })
      .option('input', { ...INPUT, demandOption: true })
      .option('input-split', INPUT_SPLIT)
      .option('method', {
        type: 'string',
        default: 'lrp',
        describe: `One or several, separated by commas: ${METHOD_NAMES.join(', ')}; all for every one but mim that fits the model`,
      })
      .option('target', {
        type: 'string',
        default: 'predicted',
        describe: 'Explain the score of this class: predicted, true, a name or a number',
      })
      .option('layer', {
        type: 'string',
        describe: 'grad-cam, mim: layers by name, weight or number; auto (by default) lets mim choose',
      })
      .option('steps', { type: 'number', default: D.steps, describe: 'Points of the quadrature' })
      .option('tolerance', {
        type: 'string',
        default: String(D.tolerance),
        describe:
          'Refine the quadrature until the map sums to the difference of the scores within this; ' +
          'off keeps it at --steps',
      })
      .option('baseline', {
        type: 'string',
        default: '0',
        describe: 'Where the path begins: black, white, or a number as the model gets it',
      })
      .option('samples', { type: 'number', default: D.samples, describe: 'Number of noisy copies' })
      .option('noise', {
        type: 'number',
        default: D.noise,
        describe: 'Standard deviation of the noise, as a share of the range of the input',
      })
      .option('relu', {
        type: 'boolean',
        default: D.relu,
        describe: 'Cut what opposes; --no-relu keeps it',
      })
      .option('composite', {
        type: 'string',
        default: D.composite,
        describe: `Rules of all layers: auto, ${COMPOSITES.map(({ name }) => name).join(', ')}, or a rule for every layer, such as zplus`,
      })
      .option('rules', {
        type: 'string',
        describe: 'A JSON file with rules of single layers, such as {"conv1": "zbox"}',
      })
      .option('ignore-bias', {
        type: 'boolean',
        default: D.ignoreBias,
        describe: 'Leave biases out of the denominators, so that they absorb no relevance',
      })
      .option('low', {
        type: 'string',
        describe: 'For the rule zbox: smallest input value; black after --mean by default',
      })
      .option('high', {
        type: 'string',
        describe: 'For the rule zbox: largest input value; white after --mean by default',
      })
      .option('fallback', {
        choices: ['gradient'] as const,
        describe: 'Pass operators without a rule by their gradient',
      })
      .option('data', { type: 'string', describe: 'The data set whose activations the input is compared with' })
      .option('data-split', {
        choices: ['train', 'test'] as const,
        default: 'train' as const,
        describe: 'Which split of --data',
      })
      .option('examples', {
        type: 'number',
        default: MOST_EXAMPLES,
        describe: 'At most so many examples of --data',
      })
      .option('kernel', {
        choices: Object.keys(KERNELS) as KernelName[],
        default: LAYERED_DEFAULTS.kernel,
        describe: 'How much an example counts for its distance',
      })
      .option('shares', {
        type: 'string',
        default: LAYERED_DEFAULTS.shares.map((share) => Number((100 * share).toPrecision(12))).join(','),
        describe: 'Percentages of the units that are brought back to the input',
      })
      .option('seed', { type: 'number', default: D.seed, describe: 'Seed of all random numbers' })
      .example(
        '$0 attribute --model m.onnx --input fashion-mnist-sample@17 --method grad-cam,lrp --out why',
        'Which pixels speak for the decision, by two methods side by side',
      )
      .example(
        '$0 attribute --model m.onnx --input photo.png --target 3 --composite epsilon-gamma-box --out why',
        'Why is it (not) class 3?',
      )
      .example(
        '$0 attribute --model m.onnx --input digits@5 --method mim --data digits --layer auto --out why',
        'Which hidden units decide, and what they have seen',
      ),
  handler: async (args, ui, { division }) => {
    const { steps, samples, noise, relu, composite, fallback, seed } = args;
    const reading = await readingFrom(args);
    const work = (means: Means) =>
      attributeToFolder({
        ...interfaceChoice(args),
        modelPath: args.model,
        inputs: args.input,
        inputSplit: args.inputSplit,
        methods: parseMethods(args.method, METHOD_NAMES),
        target: args.target,
        layers: parseList(args.layer),
        data: args.data,
        dataSplit: args.dataSplit,
        mostExamples: positive(args.examples, '--examples'),
        ...reading,
        baseline: parseBaseline(args.baseline),
        low: parseNumbers(args.low, '--low'),
        high: parseNumbers(args.high, '--high'),
        rulesFile: args.rules,
        settings: {
          steps,
          tolerance: parseTolerance(args.tolerance),
          samples,
          noise,
          relu,
          composite,
          ignoreBias: args.ignoreBias,
          fallback,
          seed,
        },
        layered: { kernel: args.kernel, shares: parseShares(args.shares) },
        out: args.out,
        force: args.force,
        division,
        ...means,
      });
    await withReport(args, ui, 'attributing', work, showAttributions);
  },
});

function parseTolerance(text: string): number {
  if (text === 'off') return Infinity;
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value > 0)) throw new InputError(`--tolerance ${text}: expected a number above 0, or off`);
  return value;
}

function parseBaseline(text: string): number | 'black' | 'white' {
  if (text === 'black' || text === 'white') return text;
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new InputError(`--baseline ${text}: expected black, white or a number`);
  return value;
}

function parseShares(text: string): number[] {
  const shares = parseNumbers(text, '--shares')!;
  if (shares.length === 0 || shares.some((share) => !(share > 0 && share <= 100))) {
    throw new InputError(`--shares ${text}: expected percentages above 0, up to 100, such as 0.1,1.3,2.5`);
  }
  // 1.3 / 100 is not the double that 0.013 is.
  return shares.map((share) => Number((share / 100).toPrecision(12)));
}

function positive(value: number, flag: string): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InputError(`${flag} ${value}: expected a whole number from 1`);
  return value;
}
