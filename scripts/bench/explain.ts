/**
 * Explaining decisions of a VGG-16 by the log of its training: the authors' procedure in PyTorch, and ours, in turn in one run.
 *
 *   npm run build && npx tsx scripts/bench/explain.ts --data <CIFAR-10 as train/, test/> [--python python3] [--threads 2]
 *     [--rounds 3] [--steps 20] [--codec int8] [--inputs 100] [--run <folder>] [--references 0]
 *
 * The run is made first (`create vgg16`, plain SGD), unless `--run` names a folder that has one. The authors' procedure reads
 * dense float32 updates from one file, which the page cache holds, applies each to the input of its layer, and takes γ and
 * the norm. Ours is `trace` without an exact split: what it takes until the first layer is begun is start-up. Where the run
 * has more steps than the cached file, PyTorch's seconds are those of the file's steps times the ratio, and it is said.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openActivations } from '../../dist/classifier/activations.js';
import { asFed } from '../../dist/classifier/feeds.js';
import { openClassifier } from '../../dist/classifier/open.js';
import { readInputs } from '../../dist/data/input.js';
import { traceableLayers } from '../../dist/graph/layers.js';
import { layerSize } from '../../dist/log/format/layer.js';
import { openLog } from '../../dist/log/read/reader.js';
import { encodeModel } from '../../dist/onnx/codec.js';
import { readModelFile } from '../../dist/onnx/file.js';
import { graphOf } from '../../dist/onnx/model.js';
import { decodeTensor } from '../../dist/onnx/tensor-proto.js';
import { readManifest } from '../../dist/run/manifest-file.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { TRAIN_DEFAULTS } from '../../dist/train/options.js';
import { startTraining } from '../../dist/workflows/train.js';
import { create } from '../../dist/zoo/create.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    data: { type: 'string' },
    run: { type: 'string' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '20' },
    codec: { type: 'string', default: 'int8' },
    inputs: { type: 'string', default: '100' },
    references: { type: 'string', default: '0' },
    dense: { type: 'string', default: '20' },
  },
});
const [threads, inputs, references] = [values.threads, values.inputs, values.references].map(Number) as [
  number,
  number,
  number,
];
const runtime = nodeRuntime({ threads });
const folder = mkdtempSync(join(tmpdir(), 'bench-explain-'));
const runDirectory = values.run ?? join(folder, 'run');
if (!existsSync(join(runDirectory, 'run.json'))) await trainRun();
const manifest = await readManifest(runDirectory);
const { spec } = manifest.data;
const log = await openLog(runDirectory, {});
const dense = Math.min(Number(values.dense), log.lastStep);

/** Examples of a batch. */
const BATCH = 128;

/** A run of so many steps: one epoch on as many examples, the first of each class. */
async function trainRun(): Promise<void> {
  if (values.data === undefined) throw new Error('--data: give CIFAR-10 as folders train/ and test/, or --run');
  const part = join(folder, 'data');
  for (const [split, wanted] of [
    ['train', Number(values.steps) * BATCH],
    ['test', 10 * inputs],
  ] as const) {
    const classes = readdirSync(join(values.data, split));
    for (const [c, name] of classes.entries()) {
      const files = readdirSync(join(values.data, split, name)).sort();
      const count = Math.floor((wanted + classes.length - 1 - c) / classes.length);
      mkdirSync(join(part, split, name), { recursive: true });
      for (const file of files.slice(0, count)) {
        copyFileSync(join(values.data, split, name, file), join(part, split, name, file));
      }
    }
  }
  const modelPath = join(folder, 'vgg16.onnx');
  writeFileSync(modelPath, encodeModel(create('vgg16', { seed: 1, inputShape: [3, 32, 32] })));
  await startTraining({
    modelPath,
    dataSpec: part,
    runDirectory,
    input: {},
    options: { ...TRAIN_DEFAULTS, epochs: 1, optimizer: 'sgd', codec: values.codec as 'int8' },
    runtime,
  });
}

const examples = await readInputs([`${spec}@${Array.from({ length: inputs }, (_, i) => i).join(',')}`], {
  ...manifest.input,
  ...manifest.input.normalization,
  split: 'test',
});

/** Writes what PyTorch reads. */
async function writeForTorch(): Promise<void> {
  const { model } = await readModelFile(join(runDirectory, 'model.onnx'));
  const opened = await openClassifier(model, { runtime, form: manifest.data, isPrepared: true, keepWeights: true });
  const fed = { ...opened, normalization: manifest.input.normalization };
  const graph = graphOf(opened.model);
  const layers = traceableLayers(graph).filter(({ name }) => manifest.layers.some((layer) => layer.name === name));
  const activations = await openActivations(
    fed,
    runtime,
    layers.map(({ input }) => input),
  );
  const weightOf = (name: string) =>
    decodeTensor(graph.initializer.find((each) => each.name === name)!).data as Float32Array;
  const described: object[] = [];
  for (const [i, layer] of layers.entries()) {
    const found = await activations.of(
      layer.input,
      examples.map((example) => asFed(fed, example.data, example.shape, example.name)),
    );
    writeFileSync(join(folder, `f-${i}.f32`), Buffer.concat(found.map(({ data: f }) => bytesOf(f as Float32Array))));
    const tensors = manifest.layers.find(({ name }) => name === layer.name)!.tensors;
    writeFileSync(join(folder, `w-${i}.f32`), Buffer.concat(tensors.map(({ name }) => bytesOf(weightOf(name)))));
    described.push({
      op: layer.op,
      weight: layer.weightDims,
      bias: tensors.length > 1,
      size: layerSize({ name: layer.name, tensors }),
      input: [examples.length, ...found[0]!.dims.slice(1)],
    });
  }
  await activations.release();
  writeFileSync(
    join(folder, 'layers.json'),
    JSON.stringify({ layers: described, steps: dense, inputs: examples.length }),
  );
  const file = openSync(join(folder, 'deltas.f32'), 'w');
  for (let step = 1; step <= dense; step++) {
    for (const { name } of layers) {
      for await (const chunk of log.deltas(name, { firstStep: step, lastStep: step }))
        writeSync(file, bytesOf(chunk.data));
    }
  }
  closeSync(file);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Seconds to read every byte of the log once, into one buffer. */
function readSeconds(): { seconds: number; bytes: number } {
  const buffer = Buffer.alloc(2 ** 20);
  const began = performance.now();
  let bytes = 0;
  for (const { directory } of log.segments) {
    const path = join(runDirectory, 'log', directory);
    for (const name of readdirSync(path)) {
      const file = openSync(join(path, name), 'r');
      for (let read = 1; read > 0; bytes += read) read = readSync(file, buffer);
      closeSync(file);
    }
  }
  return { seconds: (performance.now() - began) / 1000, bytes };
}

/** What PyTorch reports: seconds, and for the first input Σ γ and Σ ‖Δ f‖ of each layer. */
interface Outcome {
  readonly one: number;
  readonly processor: number;
  readonly many: number;
  readonly gamma: readonly number[];
  readonly norm: readonly number[];
}

const torch = () =>
  JSON.parse(
    execFileSync(values.python, ['scripts/bench/explain.py', folder, values.threads], { encoding: 'utf8' }),
  ) as Outcome;

/** What ours reports. */
interface OurOutcome {
  readonly startUp: number;
  readonly seconds: number;
  readonly processor: number;
  /** γ of each layer and step, of the first input. */
  readonly gamma: readonly (readonly number[])[];
}

const ours = (count: number) => {
  const asked = { run: runDirectory, inputs: count, references, threads };
  const printed = execFileSync(process.execPath, ['scripts/bench/explain-ours.mjs', JSON.stringify(asked)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  return JSON.parse(printed) as OurOutcome;
};

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
const scale = log.lastStep / dense;
await writeForTorch();
const rows: Record<string, number>[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const theirs = torch();
  const straight = readSeconds();
  const one = ours(1);
  const many = examples.length > 1 ? ours(examples.length) : one;
  const row = {
    'PyTorch, one input': theirs.one * scale,
    'PyTorch, all inputs': theirs.many * scale,
    'straight read of the log': straight.seconds,
    'PyTorch, one input, of processor': theirs.processor * scale,
    'one input, of processor': one.processor,
    'start-up': one.startUp,
    'one input': one.seconds,
    'all inputs': many.seconds,
  };
  rows.push(row);
  console.log(
    `round ${round + 1}: ${Object.entries(row)
      .map(([name, s]) => `${name} ${s.toFixed(3)} s`)
      .join(', ')}`,
  );
  if (round > 0) continue;
  console.log(
    `${log.lastStep} steps, ${(straight.bytes / 1e6).toFixed(0)} MB, ${examples.length} inputs, ${references} references`,
  );
  const sums = one.gamma.map((gamma) => gamma.slice(0, dense).reduce((a, b) => a + b, 0));
  const off = sums.map((sum, i) => Math.abs(sum - theirs.gamma[i]!) / Math.abs(theirs.gamma[i]!));
  console.log(
    `Σ γ of the cached steps differs from PyTorch's by at most ${Math.max(...off).toExponential(1)} of itself`,
  );
}
rmSync(folder, { recursive: true });

const of = (name: string) => median(rows.map((row) => row[name]!));
if (scale !== 1) console.log(`PyTorch's seconds are those of ${dense} steps times ${scale.toFixed(1)}`);
console.log(`one input / PyTorch:        ${(of('one input') / of('PyTorch, one input')).toFixed(3)}`);
console.log(
  `… of processor:            ${(of('one input, of processor') / of('PyTorch, one input, of processor')).toFixed(3)}`,
);
console.log(`all inputs / PyTorch:       ${(of('all inputs') / of('PyTorch, all inputs')).toFixed(3)}`);
console.log(`all inputs / one:           ${(of('all inputs') / of('one input')).toFixed(2)}`);
console.log(`one input / straight read:  ${(of('one input') / of('straight read of the log')).toFixed(2)}`);
console.log(`start-up:                   ${of('start-up').toFixed(2)} s`);
