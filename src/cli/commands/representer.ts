import { join } from '../../storage/paths.js';
import { InputError } from '../../errors.js';
import { REPRESENTER_DEFAULTS, type RepresenterOptions } from '../../explain/representer/representer.js';
import { SOLVERS, type SolverName } from '../../numeric/solvers/registry.js';
import { representerToFolder } from '../../workflows/representer.js';
import { defineDivided } from '../divided.js';
import { commonOptions, INPUT, INPUT_SPLIT, MAP, outputOptions } from '../options.js';
import { showRepresenter } from '../show/representer.js';
import { layerDataOptions, layerDataRequest } from '../layer-data-options.js';
import { reportLine } from '../with-report.js';

const D = REPRESENTER_DEFAULTS;

/** `representer`: which training points excite and inhibit a prediction. */
export const representerCommand = defineDivided({
  command: 'representer',
  describe: 'Explain decisions of any classifier as sums over training points',
  builder: (yargs) =>
    layerDataOptions(outputOptions(commonOptions(yargs)))
      .option('input', { ...INPUT, default: [] as string[] })
      .option('input-split', INPUT_SPLIT)
      .option('mode', {
        choices: ['given', 'train'] as const,
        default: D.mode,
        describe: 'Fit to the model’s own outputs, or to the labels',
      })
      .option('lambda', {
        type: 'string',
        default: String(D.lambda),
        describe:
          'λ of the penalty λ‖Θ‖² (there is no ½); auto: 0.003, or as much less as it takes to follow the model',
      })
      .option('solver', {
        choices: Object.keys(SOLVERS) as SolverName[],
        default: D.solver,
        describe: 'L-BFGS, or the authors’ gradient descent with backtracking',
      })
      .option('tolerance', { type: 'number', default: D.tolerance, describe: 'Stop at a gradient this small (‖∇‖∞)' })
      .option('max-iterations', {
        type: 'number',
        default: D.maxIterations,
        describe: 'Stop after so many iterations in any case',
      })
      .option('target', {
        type: 'string',
        default: D.target,
        describe: 'Explain the score of this class: predicted, true, a name or a number',
      })
      .option('map', MAP)
      .option('top-k', { type: 'number', default: D.topK, describe: 'How many training points to list on either side' })
      .option('group', {
        choices: ['misclassified'] as const,
        describe: 'Explain test points that share a mistake together',
      })
      .option('compare', {
        choices: ['influence'] as const,
        describe: 'Compute influence functions for the inputs too, with their time and values',
      })
      .option('sensitivity', {
        type: 'boolean',
        default: false,
        describe: 'Split the gradient with respect to the input into maps of the listed training points',
      })
      .option('smooth-grad', {
        type: 'number',
        default: 1,
        describe: 'Average the maps of --sensitivity over so many noisy inputs',
      })
      .option('noise', {
        type: 'number',
        default: 0.15,
        describe: 'Standard deviation of the noise of --smooth-grad, as a share of the input’s range',
      })
      .option('values', {
        type: 'boolean',
        default: false,
        describe: 'Also write α, self-values and all values of each input, as .npy files',
      })
      .option('seed', { type: 'number', default: 0, describe: 'Seed of the noise' })
      .example(
        '$0 representer --model m.onnx --data fashion-mnist-sample --input fashion-mnist-sample@17 --out why',
        'Which training images speak for and against this decision?',
      )
      .example(
        '$0 representer --model m.onnx --data photos --group misclassified --out mistakes',
        'Which training images make the model confuse classes?',
      ),
  handler: async (args, ui, { division }) => {
    if (!Number.isSafeInteger(args.topK) || args.topK < 1) {
      throw new InputError(`--top-k ${args.topK}: expected a whole number from 1`);
    }
    const features = ui.progress('features');
    const fitting = ui.progress('fit, iteration');
    const { mode, solver, tolerance, maxIterations, target, topK } = args;
    const result = await representerToFolder({
      ...(await layerDataRequest(args)),
      inputs: args.input,
      inputSplit: args.inputSplit,
      out: args.out,
      force: args.force,
      map: args.map,
      allValues: args.values,
      options: {
        mode,
        lambda: lambdaOf(args.lambda),
        solver,
        tolerance,
        maxIterations,
        target,
        topK,
        mistakes: args.group === 'misclassified',
        influence: args.compare === 'influence',
        sensitivity: args.sensitivity ? { samples: args.smoothGrad, noise: args.noise, seed: args.seed } : undefined,
      },
      division,
      onNotice: (line) => ui.notice(line),
      onProgress: (what, done, total) => {
        features.update(done, total, what);
        if (done === total) features.end();
      },
      onIteration: (iteration, norm) => fitting.update(iteration, Infinity, `‖∇‖∞ ${norm.toExponential(1)}`),
    });
    fitting.end();
    showRepresenter(ui, result, join(args.out, 'result.json'));
    ui.verdict(reportLine(args.out));
    ui.result(result);
  },
});

/** What `--lambda` says. @throws InputError for a text that is no number; which numbers make sense is said elsewhere */
function lambdaOf(text: string): RepresenterOptions['lambda'] {
  if (text === 'auto') return 'auto';
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  throw new InputError(`--lambda ${text}: expected a number above 0, or auto`);
}
