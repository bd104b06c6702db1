import { stat } from 'node:fs/promises';
import { bytesText } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import { inspectRun, type RunInspection } from '../../inspect/inspect-run.js';
import { defineCommand } from '../command.js';
import { commonOptions } from '../options.js';
import { table } from '../table.js';
import { terminal, type Terminal } from '../terminal.js';

/** `inspect`: what is in a model or a run. */
export const inspectCommand = defineCommand({
  command: 'inspect <path>',
  describe: 'Show the layers of a model or run; --verify proves a run’s log',
  builder: (yargs) =>
    commonOptions(yargs)
      .positional('path', { type: 'string', demandOption: true, describe: 'An .onnx model or a run directory' })
      .option('verify', { type: 'boolean', default: false, describe: 'Replay the log and compare with the weights' })
      .example('$0 inspect model.onnx', 'What is traceable and differentiable')
      .example('$0 inspect run --verify', 'Prove that the log adds up to the trained weights'),
  handler: async (args) => {
    const ui = terminal(args);
    const found = await stat(args.path).catch(() => undefined);
    if (!found) throw new InputError(`${args.path}: no such file or folder; give a model or a run directory`);
    const inspection = await inspectRun(args.path, { verify: args.verify });
    showRun(ui, args.path, inspection);
    ui.result(inspection);
    const failed = inspection.checks?.filter(({ passed }) => !passed) ?? [];
    if (failed.length > 0) {
      const names = failed.map(({ tensor }) => tensor).join(', ');
      throw new InputError(`${args.path}: the log does not add up to the trained weights of ${names}`);
    }
  },
});

function showRun(
  ui: Terminal,
  path: string,
  { manifest, layers, logBytes, denseBytes, loggedSteps, warnings, checks }: RunInspection,
): void {
  const { data, epochs, status, seed } = manifest;
  ui.print(
    `${path}: ${status}, ${loggedSteps} logged steps, seed ${seed}, data ${data.spec} (${data.examples} examples)`,
  );
  for (const warning of warnings) ui.notice(warning);
  ui.print(
    `log: ${bytesText(logBytes)}, ${(denseBytes / Math.max(1, logBytes)).toFixed(1)}× smaller than plain float32`,
  );
  ui.print('');
  const rows = layers.map((layer, i) => {
    const [weight, bias] = layer.tensors;
    return [
      i,
      layer.name,
      layer.op,
      `[${weight!.dims.join(', ')}]${bias ? ' + bias' : ''}`,
      layer.parameters,
      layer.codec,
    ];
  });
  for (const line of table(['#', 'layer', 'op', 'weight', 'parameters', 'codec'], rows)) ui.print(line);
  if (epochs.length > 0) {
    ui.print('');
    const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(2)} %`);
    const results = epochs.map(({ epoch, step, trainLoss, testLoss, testAccuracy }) => {
      return [epoch, step, trainLoss.toFixed(4), testLoss?.toFixed(4) ?? '', percent(testAccuracy)];
    });
    for (const line of table(['epoch', 'step', 'train loss', 'test loss', 'test accuracy'], results)) ui.print(line);
  }
  if (!checks) return;
  ui.print('');
  const verified = checks.map((check) => {
    const numbers = [check.error, check.reportedError, check.unexplained].map((value) => value.toExponential(2));
    return [check.tensor, check.codec, ...numbers, check.passed ? 'yes' : 'NO'];
  });
  for (const line of table(['tensor', 'codec', 'error', 'reported', 'unexplained', 'verified'], verified))
    ui.print(line);
}
