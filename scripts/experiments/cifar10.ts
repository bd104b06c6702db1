/**
 * What training did to the layers of a VGG-16 on CIFAR-10 ([Pfahler & Morik 2021], "Explanations for Image Classification"): the
 * network at a width that two cores can train, the authors' batches (88 examples of one class and 40 ghosts), and their schedule
 * of 35 epochs, ÷ 10 every ten of them, scaled; their learning rate of 0.01 divided by the width.
 *
 *   npm run build && npx tsx scripts/experiments/cifar10.ts --data <folder with train and test> [--out experiments/cifar10]
 *     [--width 0.25] [--epochs 16] [--codec auto] [--inputs 100] [--threads 2] [--no-overhead]
 *
 * Prints tables in Markdown, and leaves the pictures of one truck in `<out>/truck`. A training that was stopped goes on, and one
 * that is there is explained. What the log costs is measured by an epoch without it and one with it, unless `--no-overhead`
 * leaves them out.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset } from '../../dist/data/open-dataset.js';
import type { TraceResult } from '../../dist/results/trace.js';
import type { RunManifest } from '../../dist/run/manifest.js';
import { bytesBelow, markdown, onnxExplain, percent, readJson } from './commands.js';
import { relatives, specificityOf } from './specificity.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/cifar10' },
    out: { type: 'string', default: 'experiments/cifar10' },
    width: { type: 'string', default: '0.25' },
    epochs: { type: 'string', default: '16' },
    codec: { type: 'string', default: 'auto' },
    inputs: { type: 'string', default: '100' },
    threads: { type: 'string', default: '2' },
    overhead: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
/** The authors' 35 epochs, and after which of them the learning rate falls. */
const [SCHEDULE, FALLS] = [35, [10, 20, 30]];
/** The layers whose pictures the paper shows, and those behind them. */
const LAYERS = ['conv4', 'conv10', 'conv13', 'fc1', 'fc2', 'fc3'];
const TRUCK = 'truck';

mkdirSync(values.out, { recursive: true });
const at = (name: string) => join(values.out, name);
const common = ['--threads', values.threads];
const epochs = Number(values.epochs);
const falls = FALLS.map((epoch) => Math.max(1, Math.round((epoch * epochs) / SCHEDULE)));
const batches = ['--sampler', 'single-class', '--batch-size', '128', '--ghost-size', '40', '--optimizer', 'sgd'];
// What a step changes of a network's outputs grows with its width times the learning rate, which is the authors' at width 1.
const rate = 0.01 / Number(values.width);
const training = ['--data', values.data, ...batches, '--lr', String(rate), ...common];

if (!existsSync(at('model.onnx'))) onnxExplain('create', 'vgg16', '--width', values.width, '--out', at('model.onnx'));
const epoch = (...log: string[]) =>
  onnxExplain(
    ...['train', '--model', at('model.onnx'), ...training, '--epochs', '1', '--out', at('epoch'), '--force', ...log],
  );
const cost = values.overhead ? { plain: epoch('--no-log'), logged: epoch('--codec', values.codec) } : undefined;

const began = existsSync(at('run/run.json'));
const finished = began && readJson<RunManifest>(at('run/run.json')).status !== 'running';
if (!finished) {
  const schedule = [
    '--epochs',
    values.epochs,
    '--lr-steps',
    falls.join(),
    '--lr-factor',
    '0.1',
    '--codec',
    values.codec,
  ];
  if (began) onnxExplain('train', '--resume', '--out', at('run'), ...common);
  else onnxExplain('train', '--model', at('model.onnx'), ...training, ...schedule, '--out', at('run'));
}
const manifest = readJson<RunManifest>(at('run/run.json'));

// As many test images of each class, and the first truck that is decided rightly.
const test = await openDataset(values.data, { split: 'test' });
const perClass = Math.max(1, Math.round(Number(values.inputs) / test.classNames.length));
const indices = test.classNames.flatMap((_, label) =>
  [...test.labels.keys()].filter((index) => test.labels[index] === label).slice(0, perClass),
);
const trace = (name: string, inputs: readonly number[], ...more: string[]) =>
  onnxExplain(
    ...['trace', at('run'), '--input', `${values.data}@${inputs.join()}`, '--out', at(name), '--force'],
    ...['--split', 'batch', ...more, ...common],
  );
const many = trace('trace', indices, '--layer', LAYERS.join());
const result = readJson<TraceResult>(at('trace/result.json'));
const truck = result.queries.findIndex(({ predicted, truth }) => predicted.label === TRUCK && truth?.label === TRUCK);
if (truck < 0) throw new Error('no truck was decided rightly; train longer');
const one = trace('truck', [indices[truck]!], '--top-k', '7');
const alone = trace('alone', [indices[truck]!], '--references', '0', '--no-contrast');

console.log(
  markdown([
    ['', 'here', 'paper, one A100'],
    ['network', `VGG-16, width ${values.width}`, 'VGG-16'],
    ['test accuracy', percent(manifest.epochs.at(-1)!.testAccuracy!), '82 %'],
    ['updates', String(manifest.steps), '11,685'],
    ...(cost
      ? [
          ['an epoch', `${cost.logged.toFixed(0)} s`, '72 s'],
          ['log over no log', `+${percent(cost.logged / cost.plain - 1)}`, '+453 %'],
        ]
      : []),
    ['log', `${(bytesBelow(at('run/log')) / 1e9).toFixed(2)} GB (${values.codec})`, '1.5 TB (float32)'],
    ['one explanation, all layers', `${alone.toFixed(1)} s; with 32 references ${one.toFixed(1)} s`, '10 min'],
    [`${indices.length} explanations, ${LAYERS.length} layers`, `${many.toFixed(1)} s`, ''],
  ]),
);
console.log(
  `\n${markdown([
    ['layer', 'decided class leads by γ', 'by contrast', 'gap of cosines', 'of the first seven', 'classes among them'],
    ...specificityOf(result).map((layer) => [
      layer.layer,
      percent(layer.leads),
      percent(layer.contrastLeads),
      layer.cosineGap.toFixed(3),
      layer.ownOfSeven.toFixed(1),
      layer.classesOfSeven.toFixed(1),
    ]),
  ])}`,
);
const name = (label: number) => result.classNames[label] ?? String(label);
console.log(
  `\n${markdown([
    ['decided', ...LAYERS],
    ...test.classNames.map((decided, label) => [
      decided,
      ...LAYERS.map((_, layer) => {
        const found = relatives(result, layer).find(({ of }) => of === label);
        return found ? `${name(found.to)} (${percent(found.share)})` : '';
      }),
    ]),
  ])}`,
);
