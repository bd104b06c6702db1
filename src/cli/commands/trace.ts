import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import { readInputs, type Input } from '../../data/input.js';
import { openDataset } from '../../data/open-dataset.js';
import { InputError } from '../../errors.js';
import { SIMILARITIES } from '../../explain/trace/step-use.js';
import { TRACE_DEFAULTS, type TraceOptions } from '../../explain/trace/trace.js';
import { traceRun } from '../../explain/trace/trace-run.js';
import { prepareOutput } from '../../files.js';
import type { PictureSource } from '../../report/pictures.js';
import { writeTraceReport } from '../../report/trace-report.js';
import { writeResult } from '../../results/result-file.js';
import type { TraceLayer, TraceResult } from '../../results/trace.js';
import { readManifest } from '../../run/manifest.js';
import { defineCommand } from '../command.js';
import { commonOptions, outputOptions, parseList, runtimeFor } from '../options.js';
import { table } from '../table.js';
import { terminal, type Terminal } from '../terminal.js';

const D = TRACE_DEFAULTS;

/** `trace`: which training steps, examples and classes made a decision's representations. */
export const traceCommand = defineCommand({
  command: 'trace <run>',
  describe: 'Explain decisions by the training steps, examples and classes that shaped them',
  builder: (yargs) =>
    outputOptions(commonOptions(yargs))
      .positional('run', { type: 'string', demandOption: true, describe: 'Run directory that train wrote' })
      .option('input', {
        type: 'string',
        array: true,
        nargs: 1,
        demandOption: true,
        describe: 'An image file, or examples of a data set as <data>@<index>[,<index>…]; may be repeated',
      })
      .option('input-split', {
        choices: ['train', 'test'] as const,
        default: 'test' as const,
        describe: 'Split that the indices of --input count in',
      })
      .option('data', { type: 'string', describe: 'The training data, where they are no longer where the run says' })
      .option('layer', {
        type: 'string',
        describe: 'Layers by name, weight or number, such as conv1,fc2; all unless told',
      })
      .option('top-k', { type: 'number', default: D.topK, describe: 'How many examples, opponents and steps to list' })
      .option('similarity', {
        choices: SIMILARITIES,
        default: D.similarity,
        describe: 'What ranks them: the product with the layer’s output, or its cosine',
      })
      .option('reference', {
        choices: ['full', 'delta'] as const,
        default: D.reference,
        describe: 'Compare with the layer’s whole output, or with what training changed of it',
      })
      .option('bandwidth', {
        type: 'string',
        default: '0.1',
        describe: 'Of the ridge plots: a factor of the standard deviation, or absolute:<width>',
      })
      .option('steps', { type: 'boolean', default: D.steps, describe: 'Add the series of all steps to the result' })
      .example('$0 trace run --input fashion-mnist-sample@17 --out why', 'Why is test example 17 seen as it is?')
      .example('$0 trace run --input shoe.png --layer fc2 --out why', 'One layer, for a picture of your own'),
  handler: async (args) => {
    const ui = terminal(args);
    if (!Number.isSafeInteger(args.topK) || args.topK < 1) {
      throw new InputError(`--top-k ${args.topK}: expected a whole number from 1`);
    }
    const bandwidth = parseBandwidth(args.bandwidth);
    const { data, input: how } = await readManifest(args.run);
    const { resize, channels } = how;
    const onNotice = (line: string) => ui.notice(line);
    const shaping = { ...(resize ? { resize } : {}), ...(channels ? { channels } : {}), onNotice };
    const inputs = await readInputs(args.input, {
      ...shaping,
      split: args.inputSplit,
      ...(data.kind === 'image' ? { shape: data.shape } : {}),
    });
    const trainSet = await openDataset(args.data ?? data.spec, { ...shaping, split: 'train', onDemand: true });
    await prepareOutput(args.out, args.force);

    const progress = ui.progress('tracing');
    const { similarity, reference, steps, topK } = args;
    const result = await traceRun(
      args.run,
      inputs,
      { similarity, reference, steps, topK, bandwidth, layers: parseList(args.layer) },
      {
        runtime: runtimeFor(args),
        data: trainSet,
        decodeThreads: args.threads,
        onNotice,
        onProgress: ({ done, total, layer }) => progress.update(done, total, layer),
      },
    );
    progress.end();
    await writeResult(join(args.out, 'result.json'), result);
    await writeTraceReport(args.out, result, picturesOf(trainSet, inputs));
    showTrace(ui, result);
    ui.print(`report: ${join(args.out, 'index.html')}`);
    ui.result(result);
  },
});

/** @throws InputError unless the text is a number above 0, alone or behind `absolute:` */
function parseBandwidth(text: string): TraceOptions['bandwidth'] {
  const [, absolute, digits] = /^(absolute:)?(.+)$/.exec(text) ?? [];
  const value = Number(digits ?? NaN);
  if (!(value > 0 && value < Infinity)) {
    throw new InputError(`--bandwidth ${text}: expected a number above 0, or absolute: and one, such as absolute:0.05`);
  }
  return absolute ? { width: value } : { factor: value };
}

function picturesOf(trainSet: Dataset, inputs: readonly Input[]): PictureSource {
  return {
    picture: async (split, index) =>
      split === 'train' && trainSet.kind === 'image' ? trainSet.picture(index) : undefined,
    queryPicture: (query) => Promise.resolve(inputs[query]?.picture),
  };
}

function showTrace(ui: Terminal, { queries, classNames }: TraceResult): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  for (const { input, predicted, truth, layers } of queries) {
    const truly = truth && truth.class !== predicted.class ? `, truly ${truth.label}` : '';
    ui.print(`${input}: ${predicted.label} (${percent(predicted.probability)})${truly}`);
    const rows = layers.map((layer) => {
      const strongest = layer.classes.reduce((best, next) => (next.gamma > best.gamma ? next : best));
      const name = classNames[strongest.class] ?? String(strongest.class);
      return [
        layer.layer,
        `${name} (${percent(shareOf(layer, strongest.gamma))})`,
        percent(shareOf(layer, layer.classes[predicted.class]?.gamma ?? 0)),
        layer.examples[0] ? String(layer.examples[0].index) : '',
        layer.completenessError.toExponential(1),
      ];
    });
    const heading = ['layer', 'shaped most by steps of', 'by the predicted class', 'top example', 'unexplained'];
    for (const line of table(heading, rows)) ui.print(line);
    ui.print('');
  }
}

/** Share of the layer's reference that a γ accounts for. */
function shareOf({ norm }: TraceLayer, gamma: number): number {
  return norm > 0 ? gamma / norm ** 2 : 0;
}
