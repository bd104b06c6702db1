/**
 * A step of training: PyTorch, ours without a log, ours with the log, and onnxruntime-training, in turn in one run.
 *
 *   npm run build && npx tsx scripts/bench/training.ts [--network lenet …] [--python python3] [--rounds 3] [--threads 2]
 *     [--codec auto] [--steps …] [--processor] [--ort-python <python with torch and onnxruntime-training==1.19.2>]
 *
 * All train the same network (its weights are counted) on the same batches of 128 rows, held in memory, with as many
 * threads; SGD, for the small networks with momentum, which onnxruntime-training does not have. A figure is the time a
 * step after the first call, so that start-up does not count; that of the log ends when the log is written. Figures are
 * medians of the rounds, ratios are taken round by round. `--processor` takes processor time in place of wall-clock time,
 * for a machine that is busy: with one thread, as more would count their waiting too.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parametersOf } from '../../dist/graph/parameters.js';
import { encodeModel } from '../../dist/onnx/codec.js';
import { graphOf, type Model } from '../../dist/onnx/model.js';
import { seededRandom } from '../../dist/numeric/random.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { elementCount } from '../../dist/tensor.js';
import type { TrainOptions } from '../../dist/train/options.js';
import { startTraining } from '../../dist/workflows/train.js';
import { create, type CreateOptions } from '../../dist/zoo/create.js';
import { encodeNpz } from '../fuzz/encode-npz.js';

interface Network {
  readonly architecture: string;
  readonly options?: CreateOptions;
  readonly shape: readonly number[];
  readonly momentum: boolean;
  /** Steps that are timed: about 30 seconds of a large network. */
  readonly steps: number;
  /** Whether onnxruntime-training trains it beside the others. */
  readonly ort?: boolean;
}

const NETWORKS: Readonly<Record<string, Network>> = {
  lenet: { architecture: 'lenet', shape: [1, 28, 28], momentum: true, steps: 1000, ort: true },
  mlp: { architecture: 'mlp', options: { hidden: [512, 512] }, shape: [1, 28, 28], momentum: true, steps: 1000 },
  vgg16: { architecture: 'vgg16', shape: [3, 32, 32], momentum: false, steps: 20 },
  resnet18: { architecture: 'resnet18', shape: [3, 32, 32], momentum: false, steps: 16, ort: true },
  'vit-tiny': { architecture: 'vit-tiny', shape: [3, 32, 32], momentum: true, steps: 20 },
};

const BATCH = 128;

/** Steps of the first call, which is not timed. */
const FIRST_STEPS = 8;

/** Steps of an epoch at most: more examples would only take memory. */
const EPOCH_STEPS = 240;

const { values } = parseArgs({
  options: {
    network: { type: 'string', multiple: true, default: Object.keys(NETWORKS) },
    python: { type: 'string', default: 'python3' },
    'ort-python': { type: 'string' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    codec: { type: 'string', default: 'auto' },
    steps: { type: 'string' },
    processor: { type: 'boolean', default: false },
  },
});
const threads = Number(values.threads);
const folder = mkdtempSync(join(tmpdir(), 'bench-training-'));

/** What is measured of a network, by who trains it, in milliseconds a step. */
interface Round {
  readonly torch: number;
  readonly plain: number;
  readonly logged: number;
  readonly ort: number | undefined;
  /** Megabytes of log a step. */
  readonly megabytes: number;
}

/** What all sides train: files, and how long. */
interface Task extends Network {
  readonly name: string;
  readonly modelPath: string;
  readonly dataPath: string;
  readonly weights: number;
  /** Steps of an epoch; all is over after `epochs`. */
  readonly epochSteps: number;
  readonly epochs: number;
}

/** Milliseconds. */
function now(): number {
  if (!values.processor) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function prepare(name: string): Task {
  const network = NETWORKS[name];
  if (!network) throw new Error(`no network ${name}; choose of ${Object.keys(NETWORKS).join(', ')}`);
  const { architecture, options, shape } = network;
  const total = Number(values.steps ?? network.steps) + FIRST_STEPS;
  const epochs = Math.ceil(total / EPOCH_STEPS);
  const epochSteps = Math.ceil(total / epochs);
  const model = create(architecture, { seed: 1, inputShape: shape, ...options });
  const [modelPath, dataPath] = [join(folder, `${name}.onnx`), join(folder, `${name}.npz`)];
  writeFileSync(modelPath, encodeModel(model));
  const random = seededRandom(2);
  const rows = epochSteps * BATCH;
  const x = Uint8Array.from({ length: rows * elementCount(shape) }, () => random.below(256));
  const y = BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 10));
  writeFileSync(dataPath, encodeNpz({ x: ['|u1', [rows, ...shape], x], y: ['<i8', [rows], y] }));
  return { ...network, name, modelPath, dataPath, epochSteps, epochs, weights: countWeights(model) };
}

function countWeights(model: Model): number {
  const trained = new Set(parametersOf(graphOf(model)));
  const sizes = graphOf(model).initializer.map(({ name, dims }) =>
    trained.has(name) ? elementCount(dims.map(Number)) : 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Milliseconds a step of our own training, those of its end (the model and the state written), and the log's size. */
async function ours(task: Task, log: boolean): Promise<{ step: number; end: number; megabytes: number }> {
  const { modelPath, dataPath, epochs, momentum } = task;
  const marks: { step: number; time: number }[] = [];
  const options: Partial<TrainOptions> = {
    epochs,
    batchSize: BATCH,
    optimizer: momentum ? 'momentum' : 'sgd',
    checkpointEvery: 1e6,
    log,
    codec: values.codec as TrainOptions['codec'],
  };
  const runDirectory = join(folder, 'run');
  await startTraining({
    modelPath,
    dataSpec: dataPath,
    runDirectory,
    force: true,
    input: { mean: [0.5], std: [0.5] },
    options,
    runtime: nodeRuntime({ threads }),
    onProgress: ({ step, finished }) => {
      if (!finished) marks.push({ step, time: now() });
    },
  });
  const [first, last] = [marks[0]!, marks.at(-1)!];
  const bytes = log ? await sizeOf(join(runDirectory, 'log')) : 0;
  return {
    step: (last.time - first.time) / (last.step - first.step),
    end: (now() - last.time) / (last.step - first.step),
    megabytes: bytes / 1e6 / last.step,
  };
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => stat(join(directory, name))));
  return sizes.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

function peer(python: string, script: string, task: Task): number {
  const { name, modelPath, dataPath, epochs, momentum, weights } = task;
  const request = {
    network: name,
    model: modelPath,
    data: dataPath,
    epochs,
    momentum,
    weights,
    threads,
    processor: values.processor,
  };
  const said = execFileSync(
    python,
    [`scripts/bench/${script}`, JSON.stringify({ ...request, batch: BATCH, first: FIRST_STEPS })],
    // What they print besides is in the error where one fails.
    { encoding: 'utf8', stdio: 'pipe' },
  );
  return Number(said.trim().split('\n').at(-1));
}

function hasOrtTraining(python: string): boolean {
  try {
    execFileSync(python, ['-c', 'import onnxruntime.training.api'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const ortPython = values['ort-python'];
const withOrt = ortPython !== undefined && hasOrtTraining(ortPython);
if (!withOrt) {
  const why = ortPython === undefined ? 'no --ort-python is given' : `${ortPython} cannot import onnxruntime.training`;
  console.log(`onnxruntime-training is left out: ${why}`);
}

async function round(task: Task): Promise<Round> {
  const torch = peer(values.python, 'training.py', task);
  const plain = await ours(task, false);
  const logged = await ours(task, true);
  const ort = withOrt && task.ort ? peer(ortPython, 'training-ort.py', task) : undefined;
  const untilWritten = logged.step + Math.max(0, logged.end - plain.end);
  return { torch, plain: plain.step, logged: untilWritten, ort, megabytes: logged.megabytes };
}

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const tasks = values.network.map(prepare);
const rounds = new Map<string, Round[]>(tasks.map(({ name }) => [name, []]));
for (let i = 0; i < Number(values.rounds); i++) {
  for (const task of tasks) {
    const figures = await round(task);
    rounds.get(task.name)!.push(figures);
    const shown = (figure: number | undefined) => figure?.toFixed(2) ?? '–';
    const { torch, plain, logged, ort } = figures;
    const text = `PyTorch ${shown(torch)}, ours ${shown(plain)}, with the log ${shown(logged)}, onnxruntime-training ${shown(ort)}`;
    console.log(`round ${i + 1}, ${task.name}: ${text}`);
  }
}

console.log(`
| network, ms a step | weights | PyTorch | ours | ours / PyTorch | with the log (${values.codec}) | log / none | log, MB a step | onnxruntime-training | ours / it |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |`);
for (const { name, weights } of tasks) {
  const rows = rounds.get(name)!;
  const time = (pick: (row: Round) => number) => median(rows.map(pick)).toFixed(2);
  const cells = [
    name,
    weights.toLocaleString('en'),
    time((row) => row.torch),
    time((row) => row.plain),
    time((row) => row.plain / row.torch),
    time((row) => row.logged),
    time((row) => row.logged / row.plain),
    time((row) => row.megabytes),
    ...(rows[0]!.ort === undefined ? ['–', '–'] : [time((row) => row.ort!), time((row) => row.plain / row.ort!)]),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
rmSync(folder, { recursive: true });
