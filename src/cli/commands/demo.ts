import { dirname, join } from '../../storage/paths.js';
import { runDemo } from '../../workflows/demo.js';
import { defineCommand } from '../command.js';
import { commonOptions, outputOptions, runtimeFor } from '../options.js';
import { showInfluence } from '../show/influence.js';
import { showTrace } from '../show/trace.js';
import { showTraining } from '../show/training.js';
import { inDetail } from '../terminal.js';

/** `demo`: the quick start. */
export const demoCommand = defineCommand({
  command: 'demo',
  describe:
    'Train a small network on the bundled sample, explain three of its decisions, and learn one again without its supporters',
  builder: (yargs) =>
    outputOptions(commonOptions(yargs), 'demo-run')
      .option('seed', { type: 'number', default: 0, describe: 'Seed of all random numbers' })
      .example('$0 demo --out demo', 'Then open demo/explanation/index.html'),
  handler: async (args, ui) => {
    ui.notice(
      'training LeNet with batch norm and GELU on 5,000 Fashion-MNIST images, batches of one class with ghosts',
    );
    const tracing = ui.progress('tracing');
    const questioning = ui.progress('influence');
    const { manifest, result, report, influence, influenceReport } = await runDemo({
      out: args.out,
      force: args.force,
      seed: args.seed,
      runtime: runtimeFor(args),
      onNotice: (line) => ui.notice(line),
      onTraining: showTraining(ui),
      onTracing: (layer, done, total) => {
        tracing.update(done, total, layer);
        if (done === total) tracing.end();
      },
      onInfluence: (what, done, total) => questioning.update(done, total, what),
    });
    questioning.end();
    // Of a demonstration, the network is the verdict.
    const details = inDetail(ui);
    showTrace(details, result, besides(report));
    showInfluence(details, influence, besides(influenceReport));
    ui.print('');
    const accuracy = manifest.epochs.at(-1)?.testAccuracy ?? 0;
    ui.verdict(`${manifest.steps} steps, test accuracy ${(100 * accuracy).toFixed(1)} %`);
    ui.print(`what would change without its supporters: ${influenceReport}`);
    ui.verdict(`report: ${report}`);
    ui.result(result);
  },
});

/** The result that a page shows lies beside it. */
const besides = (page: string) => join(dirname(page), 'result.json');
