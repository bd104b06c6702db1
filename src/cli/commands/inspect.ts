import { look } from '../../files.js';
import { InputError, inPlace } from '../../errors.js';
import { exampleDimsOf } from '../../graph/example-dims.js';
import { inspectModel } from '../../inspect/inspect-model.js';
import { inspectRun } from '../../inspect/inspect-run.js';
import { readModelFile } from '../../onnx/file.js';
import { defineCommand } from '../command.js';
import { commonOptions, inputShapeOption, parseShape, runtimeFor } from '../options.js';
import { showModel, showRun } from '../show/inspection.js';

/** `inspect`: what is in a model or a run. */
export const inspectCommand = defineCommand({
  command: 'inspect <path>',
  describe: 'Show the layers of a model or run; --verify proves a run’s log',
  builder: (yargs) =>
    inputShapeOption(commonOptions(yargs))
      .positional('path', { type: 'string', demandOption: true, describe: 'An .onnx model or a run directory' })
      .option('nodes', { type: 'boolean', default: false, describe: 'List every node of a model' })
      .option('verify', { type: 'boolean', default: false, describe: 'Replay the log and compare with the weights' })
      .example('$0 inspect model.onnx', 'What is traceable and differentiable')
      .example('$0 inspect run --verify', 'Prove that the log adds up to the trained weights'),
  handler: async (args, ui) => {
    const found = await look(args.path);
    if (!found) throw new InputError(`${args.path}: no such file or folder; give a model or a run directory`);
    if (found.kind !== 'folder') {
      if (args.verify) throw new InputError(`--verify: ${args.path} is not a run directory`);
      const { model } = await readModelFile(args.path);
      const exampleDims = await inPlace(args.path, () => exampleDimsOf(model, parseShape(args.inputShape)));
      const inspection = await inspectModel(model, runtimeFor(args), exampleDims);
      showModel(ui, args.path, inspection, args.nodes);
      ui.result(inspection);
      if (inspection.invalid) throw new InputError(`${args.path}: ${inspection.obstacle}`);
      return;
    }
    const inspection = await inspectRun(args.path, { verify: args.verify, runtime: runtimeFor(args) });
    showRun(ui, args.path, inspection);
    ui.result(inspection);
    const failed = inspection.checks?.filter(({ passed }) => !passed) ?? [];
    if (failed.length > 0) {
      const names = failed.map(({ tensor }) => tensor).join(', ');
      throw new InputError(`${args.path}: the log does not add up to the trained weights of ${names}`);
    }
  },
});
