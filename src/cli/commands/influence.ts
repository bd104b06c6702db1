import { INFLUENCE_DEFAULTS, type AskedMeasure } from '../../explain/influence/influence.js';
import { LAYER_METHODS, type LayerMethodName } from '../../explain/influence/layer-methods/registry.js';
import { MEASURES } from '../../explain/influence/measures.js';
import { RUN_METHODS, type RunMethodName } from '../../explain/influence/methods/registry.js';
import { influenceToFolder } from '../../workflows/influence.js';
import { REPLAY_MEMORY } from '../../workflows/open-run.js';
import { profileOption } from '../show/profile.js';
import { defineDivided } from '../divided.js';
import { layerDataOptions, layerDataRequest } from '../layer-data-options.js';
import { commonOptions, INPUT, INPUT_SPLIT, MAP, outputOptions } from '../options.js';
import { showInfluence } from '../show/influence.js';
import { withReport, type Means } from '../with-report.js';

const D = INFLUENCE_DEFAULTS;

/** `influence`: what would change about a decision without a training example. */
export const influenceCommand = defineDivided({
  command: 'influence [run]',
  describe:
    'Say what would change without a training example: of a run by replaying its training, of a model by its last layer',
  builder: (yargs) =>
    profileOption(layerDataOptions(outputOptions(commonOptions(yargs))))
      .positional('run', { type: 'string', describe: 'Run directory that train wrote: it knows its model and data' })
      .option('input', { ...INPUT, default: [] as string[] })
      .option('input-split', INPUT_SPLIT)
      .option('method', {
        choices: [...Object.keys(RUN_METHODS), ...Object.keys(LAYER_METHODS)] as (RunMethodName | LayerMethodName)[],
        describe: `How training examples are valued: by default metagradient of a run and influence-function of a model, which has ${Object.keys(LAYER_METHODS).join(', ')} only`,
      })
      .option('measure', {
        choices: [...Object.keys(MEASURES), 'test-loss'] as AskedMeasure[],
        describe:
          'What the effects are on, margin by default (logit of representer); test-loss is of the whole test split, without --input',
      })
      .option('target', {
        type: 'string',
        default: D.target,
        describe: 'Measure this class: predicted, true, a name or a number',
      })
      .option('map', MAP)
      .option('top-k', {
        type: 'number',
        default: D.topK,
        describe: 'How many training examples to list on either side',
      })
      .option('verify', {
        type: 'number',
        default: D.verify,
        describe: 'Train again without so many of the strongest supporters of each input, and compare',
      })
      .option('values', {
        type: 'boolean',
        default: false,
        describe: 'Also write the effects of all training examples, [inputs, examples], as values.npy',
      })
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
      .example('$0 influence run --input fashion-mnist-sample@17 --out why', 'Which examples made this decision?')
      .example('$0 influence run --input shoe.png --verify 20 --out why', '… and what becomes of it without them?')
      .example('$0 influence run --measure test-loss --out hurt', 'Which examples hurt on the test split?')
      .example(
        '$0 influence --model m.onnx --data photos --input shoe.png --out why',
        'Which examples made this decision, as far as a model without its training tells?',
      ),
  handler: async (args, ui, { division }) => {
    const { method, measure, target, topK, verify } = args;
    const named = await layerDataRequest(args);
    const work = (means: Means) =>
      influenceToFolder({
        ...named,
        runDirectory: args.run,
        inputs: args.input,
        inputSplit: args.inputSplit,
        out: args.out,
        force: args.force,
        map: args.map,
        options: { method, measure, target, topK, verify },
        allValues: args.values,
        memory: args.memory * 2 ** 20,
        allowDrift: args.allowDrift,
        division,
        ...means,
      });
    await withReport(args, ui, 'influence', work, showInfluence);
  },
});
