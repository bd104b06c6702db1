import { InputError } from '../../errors.js';
import { DEFAULT_RANKING, RANKINGS, type RankingName } from '../../explain/audit/rankings/registry.js';
import { FIT_DEFAULTS } from '../../explain/representer/cached-fit.js';
import { SOLVERS, type SolverName } from '../../numeric/solvers/registry.js';
import { auditToFolder } from '../../workflows/audit.js';
import { defineDivided } from '../divided.js';
import { commonOptions, MAP, outputOptions, parseNumbers } from '../options.js';
import { layerDataOptions, layerDataRequest } from '../layer-data-options.js';
import { showAudit } from '../show/audit.js';
import { withReport, type Means } from '../with-report.js';

const D = FIT_DEFAULTS;

/** `audit`: which training examples are likely labelled wrong. */
export const auditCommand = defineDivided({
  command: 'audit [run]',
  describe: 'Rank training examples by how likely their label is wrong',
  builder: (yargs) =>
    layerDataOptions(outputOptions(commonOptions(yargs)))
      .positional('run', {
        type: 'string',
        describe: 'Run directory that train wrote: it knows its model and data, and how each label was learnt',
      })
      .option('by', {
        choices: Object.keys(RANKINGS) as RankingName[],
        default: DEFAULT_RANKING,
        describe: 'What the suspects are sorted by; aum, mean-loss, forgetting and metagradient need a run',
      })
      .option('map', MAP)
      .option('top-k', { type: 'number', default: 50, describe: 'How many suspects to show' })
      .option('lambda', { type: 'number', default: D.lambda, describe: 'λ of the penalty λ‖Θ‖² (there is no ½)' })
      .option('solver', {
        choices: Object.keys(SOLVERS) as SolverName[],
        default: D.solver,
        describe: 'How the fit is solved',
      })
      .option('tolerance', { type: 'number', default: D.tolerance, describe: 'Stop at a gradient this small (‖∇‖∞)' })
      .option('max-iterations', {
        type: 'number',
        default: D.maxIterations,
        describe: 'Stop after so many iterations in any case',
      })
      .option('influence-examples', {
        type: 'number',
        describe:
          'Compute the influence of so many examples; for --by influence by default as many as take ten seconds',
      })
      .option('simulate-noise', {
        type: 'number',
        describe: 'Experiment: flip this share of the labels, correct what each ranking puts first, retrain',
      })
      .option('seeds', { type: 'number', default: 5, describe: 'Repetitions of the simulation' })
      .option('examples', { type: 'number', describe: 'Training examples of each repetition; all by default' })
      .option('fractions', {
        type: 'string',
        default: '0,0.1,0.2,0.3,0.4',
        describe: 'Shares of the training examples that are inspected',
      })
      .option('seed', { type: 'number', default: 0, describe: 'Seed of all random numbers' })
      .example(
        '$0 audit run --out suspects',
        'Which labels of its training data did a training learn against the others?',
      )
      .example('$0 audit --model m.onnx --data photos --out suspects', 'Which photos are labelled wrong?')
      .example(
        '$0 audit --data photos --simulate-noise 0.4 --seeds 5 --out experiment',
        'How well would flipped labels be found by a linear classifier on the pixels?',
      ),
  handler: async (args, ui, { division }) => {
    if (!Number.isSafeInteger(args.topK) || args.topK < 1) {
      throw new InputError(`--top-k ${args.topK}: expected a whole number from 1`);
    }
    const { influenceExamples: most } = args;
    if (most !== undefined && !(Number.isSafeInteger(most) && most >= 0)) {
      throw new InputError(`--influence-examples ${most}: expected a whole number from 0`);
    }
    const { lambda, solver, tolerance, maxIterations, by, topK, seed, seeds, examples } = args;
    const fractions = parseNumbers(args.fractions, '--fractions')!;
    const named = await layerDataRequest(args);
    const work = (means: Means) =>
      auditToFolder({
        ...named,
        runDirectory: args.run,
        out: args.out,
        force: args.force,
        map: args.map,
        options: {
          ...{ lambda, solver, tolerance, maxIterations, by, topK, seed, influenceExamples: most },
          simulation:
            args.simulateNoise === undefined ? undefined : { noise: args.simulateNoise, seeds, examples, fractions },
        },
        division,
        ...means,
      });
    await withReport(args, ui, 'auditing', work, showAudit);
  },
});
