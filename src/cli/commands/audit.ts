import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { DEFAULT_RANKING, RANKINGS } from '../../explain/audit/rankings.js';
import { FIT_DEFAULTS } from '../../explain/representer/cached-fit.js';
import { SOLVERS, type SolverName } from '../../numeric/solvers/registry.js';
import type { AuditResult } from '../../results/audit.js';
import { formatNumber } from '../../plot/format.js';
import { auditToFolder } from '../../workflows/audit.js';
import { defineCommand } from '../command.js';
import { commonOptions, outputOptions, parseNumbers } from '../options.js';
import { layerDataOptions, layerDataRequest } from '../layer-data-options.js';
import { alignedTable } from '../table.js';
import type { Terminal } from '../terminal.js';

const D = FIT_DEFAULTS;

/** `audit`: which training examples are likely labelled wrong. */
export const auditCommand = defineCommand({
  command: 'audit',
  describe: 'Rank training examples by how likely their label is wrong',
  builder: (yargs) =>
    layerDataOptions(outputOptions(commonOptions(yargs)))
      .option('by', {
        choices: RANKINGS,
        default: DEFAULT_RANKING,
        describe: 'What the suspects are sorted by; all scores are in the CSV file',
      })
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
        describe: 'Compute the influence of so many examples; by default as many as take some ten seconds',
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
      .example('$0 audit --model m.onnx --data photos --out suspects', 'Which photos are labelled wrong?')
      .example(
        '$0 audit --data photos --simulate-noise 0.4 --seeds 5 --out experiment',
        'How well would flipped labels be found by a linear classifier on the pixels?',
      ),
  handler: async (args, ui) => {
    if (!Number.isSafeInteger(args.topK) || args.topK < 1) {
      throw new InputError(`--top-k ${args.topK}: expected a whole number from 1`);
    }
    const { influenceExamples: most } = args;
    if (most !== undefined && !(Number.isSafeInteger(most) && most >= 0)) {
      throw new InputError(`--influence-examples ${most}: expected a whole number from 0`);
    }
    const progress = ui.progress('auditing');
    const { lambda, solver, tolerance, maxIterations, by, topK, seed, seeds, examples } = args;
    const fractions = parseNumbers(args.fractions, '--fractions')!;
    const result = await auditToFolder({
      ...layerDataRequest(args),
      out: args.out,
      force: args.force,
      options: {
        ...{ lambda, solver, tolerance, maxIterations, by, topK, seed, influenceExamples: most },
        simulation:
          args.simulateNoise === undefined ? undefined : { noise: args.simulateNoise, seeds, examples, fractions },
      },
      onNotice: (line) => ui.notice(line),
      onProgress: (what, done, total) => progress.update(done, total, what),
    });
    progress.end();
    showAudit(ui, result);
    ui.print(`report: ${join(args.out, 'index.html')}`);
    ui.result(result);
  },
});

function showAudit(ui: Terminal, { suspects, classNames, examples, disagreement, simulation }: AuditResult): void {
  const name = (index: number) => classNames[index] ?? String(index);
  ui.print(`${examples} examples, ${(100 * disagreement).toFixed(1)} % with a label that the fit does not agree with`);
  const rows = suspects
    .slice(0, 10)
    .map(({ index, label, predicted, probability, representer, file }) => [
      String(index),
      name(label),
      name(predicted),
      formatNumber(probability),
      formatNumber(representer),
      ...(file === undefined ? [] : [file]),
    ]);
  const heading = [
    'example',
    'label',
    'the fit says',
    'P(label)',
    '|α|',
    ...(suspects[0]?.file === undefined ? [] : ['file']),
  ];
  for (const line of alignedTable(heading, rows)) ui.print(line);
  if (!simulation) return;
  ui.print('');
  const percent = ({ mean, deviation }: { mean: number; deviation: number }) =>
    `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)}`;
  const shares = simulation.fractions.map((fraction) => `${Math.round(100 * fraction)} %`);
  const lines = simulation.methods.map(({ method, accuracy, rocAuc, recallAtNoise }) => [
    method,
    ...accuracy.map(percent),
    rocAuc.mean.toFixed(3),
    percent(recallAtNoise),
  ]);
  ui.print(`test accuracy after inspecting; without flips ${percent(simulation.clean)} %`);
  for (const line of alignedTable(['ranking', ...shares, 'ROC-AUC', 'found'], lines)) ui.print(line);
}
