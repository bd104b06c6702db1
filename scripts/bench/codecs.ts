/**
 * What a codec of the log does to a trace: the same training is logged with two codecs, and for each layer γ of every step is
 * compared (Spearman's ρ over the steps, mean and least over the inputs), with what either log takes. Run after a build:
 *
 *   npx tsx scripts/bench/codecs.ts --data cifar10 [--network vgg16] [--width 0.25] [--steps 400] [--codec lowrank]
 *     [--reference float32] [--sampler single-class] [--optimizer momentum] [--lr 0.01] [--rank 16] [--inputs 16]
 *     [--threads 2] [--keep folder]
 *
 * A dense log of a VGG-16 of full width takes 134 MB a step: compare with --reference int8 where that does not fit. With --keep
 * the runs stay, and a run that is there already is not trained again.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset } from '../../dist/data/open-dataset.js';
import { openLog } from '../../dist/log/read/reader.js';
import { encodeModel } from '../../dist/onnx/codec.js';
import { readManifest } from '../../dist/run/manifest-file.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import type { TrainOptions } from '../../dist/train/options.js';
import { startTraining } from '../../dist/workflows/train.js';
import { create } from '../../dist/zoo/create.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    network: { type: 'string', default: 'vgg16' },
    width: { type: 'string' },
    steps: { type: 'string', default: '400' },
    codec: { type: 'string', default: 'lowrank' },
    reference: { type: 'string', default: 'float32' },
    sampler: { type: 'string', default: 'single-class' },
    optimizer: { type: 'string', default: 'momentum' },
    lr: { type: 'string' },
    rank: { type: 'string' },
    inputs: { type: 'string', default: '16' },
    threads: { type: 'string', default: '2' },
    keep: { type: 'string' },
  },
});
if (values.data === undefined) throw new Error('--data: name a data set');
const [data, steps, inputs, threads] = [values.data, ...[values.steps, values.inputs, values.threads].map(Number)] as [
  string,
  number,
  number,
  number,
];
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'codecs-'));
mkdirSync(folder, { recursive: true });
const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const modelPath = join(folder, 'm.onnx');
const width = values.width === undefined ? {} : { width: Number(values.width) };
writeFileSync(modelPath, encodeModel(create(values.network, { seed: 1, ...width })));

class Enough extends Error {}

/** Trains so many steps, of which the last ends a segment of the log. */
async function train(codec: string): Promise<{ run: string; seconds: number }> {
  const run = join(folder, codec);
  if (existsSync(join(run, 'run.json'))) return { run, seconds: NaN };
  const began = performance.now();
  try {
    await startTraining({
      modelPath,
      dataSpec: data,
      runDirectory: run,
      options: {
        epochs: 1000,
        sampler: values.sampler,
        optimizer: values.optimizer,
        codec,
        checkpointEvery: steps,
        keepCheckpoints: 1,
        ...(values.lr === undefined ? {} : { learningRate: Number(values.lr) }),
        ...(values.rank === undefined || codec !== 'lowrank' ? {} : { rank: Number(values.rank) }),
      } as Partial<TrainOptions>,
      runtime: nodeRuntime({ threads }),
      onNotice: (line) => console.error(`${codec}: ${line}`),
      onProgress: ({ step }) => {
        if (step >= steps) throw new Enough();
      },
    });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return { run, seconds: (performance.now() - began) / 1000 };
}

interface Layer {
  readonly layer: string;
  readonly completenessError: number;
  readonly codecError: number;
  readonly steps: { readonly gamma: readonly number[] };
}

/** γ of the first test examples of each class in turn, by input and layer. */
function trace(run: string, examples: readonly number[]): readonly (readonly Layer[])[] {
  const out = `${run}-trace`;
  execFileSync(process.execPath, [
    main, 'trace', run, '--input', `${data}@${examples.join(',')}`, '--split', 'batch', '--steps', '--quiet', '--threads',
    String(threads), '--force', '--out', out,
  ]); // prettier-ignore
  const { queries } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as { queries: { layers: Layer[] }[] };
  return queries.map(({ layers }) => layers);
}

function ranks(numbers: readonly number[]): number[] {
  const order = numbers.map((_, i) => i).sort((a, b) => numbers[a]! - numbers[b]!);
  const found = new Array<number>(numbers.length);
  for (let i = 0; i < order.length;) {
    let end = i;
    while (end < order.length && numbers[order[end]!] === numbers[order[i]!]) end++;
    for (let k = i; k < end; k++) found[order[k]!] = (i + end - 1) / 2;
    i = end;
  }
  return found;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const dot = (f: (i: number) => number) => a.reduce((sum, _, i) => sum + f(i), 0);
  const covariance = dot((i) => (a[i]! - meanA) * (b[i]! - meanB));
  return covariance / Math.sqrt(dot((i) => (a[i]! - meanA) ** 2) * dot((i) => (b[i]! - meanB) ** 2));
}

const spearman = (a: readonly number[], b: readonly number[]) => correlation(ranks(a), ranks(b));

/** The first examples of each class in turn, so many in all. */
async function chooseInputs(): Promise<number[]> {
  const { labels, classNames } = await openDataset(data, { split: 'test' });
  const ofClass = classNames.map((_, label) => Array.from(labels.keys()).filter((i) => labels[i] === label));
  return Array.from({ length: inputs }, (_, i) => ofClass[i % ofClass.length]![Math.floor(i / ofClass.length)]!);
}

const examples = await chooseInputs();
const reference = await train(values.reference);
const coded = await train(values.codec);
const exact = trace(reference.run, examples);
const approximate = trace(coded.run, examples);

/** Megabytes a step, residuals included, and of residuals alone. */
async function bytesOf(run: string): Promise<string> {
  const log = await openLog(run, await readManifest(run));
  const all = log.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const count = log.sealedStep - log.firstStep + 1;
  return `${(all / count / 1e6).toFixed(3)} MB a step over ${count} steps in ${log.segments.length} segments`;
}

for (const { run, seconds } of [reference, coded]) {
  console.log(`${run}: ${await bytesOf(run)}, trained in ${seconds.toFixed(0)} s`);
}
const manifest = await readManifest(coded.run);
console.log('\n| layer | codec | ρ of γ, mean | least | codec error |\n| --- | --- | --- | --- | --- |');
manifest.layers.forEach(({ name, codec, rank }, i) => {
  const rhos = exact.map((layers, q) => spearman(layers[i]!.steps.gamma, approximate[q]![i]!.steps.gamma));
  const mean = rhos.reduce((sum, rho) => sum + rho, 0) / rhos.length;
  const error = Math.max(...approximate.map((layers) => layers[i]!.codecError));
  const how = rank === undefined ? codec : `${codec} ${rank}`;
  console.log(`| ${name} | ${how} | ${mean.toFixed(4)} | ${Math.min(...rhos).toFixed(4)} | ${error.toPrecision(2)} |`);
});
if (values.keep === undefined) rmSync(folder, { recursive: true });
