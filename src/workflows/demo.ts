/**
 * The quick start: a small network learns the bundled sample, three of its decisions are explained, and one of them is learnt
 * again without the examples that made it.
 */
import { checkOutput } from '../files.js';
import { namesIn } from '../log/format/segment.js';
import { basename, join } from '../storage/paths.js';
import { refuseForeignModel, writeModelFile } from '../onnx/file.js';
import type { InfluenceResult } from '../results/influence.js';
import type { TraceResult } from '../results/trace.js';
import { readManifest } from '../run/manifest-file.js';
import type { RunManifest } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import type { TrainProgress } from '../train/setup.js';
import { create } from '../zoo/create.js';
import { influenceToFolder } from './influence.js';
import { traceToFolder } from './trace.js';
import { startTraining } from './train.js';
import type { Notice, Progress } from '../progress.js';

/** What the quick start is given. */
export interface DemoRequest {
  /** Folder for model, run and explanation. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force: boolean;
  readonly seed: number;
  readonly runtime: Runtime;
  readonly onNotice: Notice;
  readonly onTraining: (progress: TrainProgress) => void;
  readonly onTracing: Progress;
  readonly onInfluence: Progress;
}

/** What came out. */
export interface DemoOutcome {
  readonly manifest: RunManifest;
  readonly result: TraceResult;
  /** The page to open. */
  readonly report: string;
  /** What would change about one decision, and did, without its strongest supporters. */
  readonly influence: InfluenceResult;
  /** The page that says so. */
  readonly influenceReport: string;
}

const DATA = 'fashion-mnist-sample';

/** Test images: a trouser, an ankle boot and a sandal. */
const INPUTS = `${DATA}@3,250,420`;

/** The decision that is learnt again, and without how many examples. */
const QUESTIONED = { input: `${DATA}@420`, without: 20 };

/**
 * Batches of one class, so that updates belong to classes, as in [Pfahler & Morik 2021]: few steps, for a short log. They pull
 * the weights to and fro; a smaller rate at the end lets them come to rest. At a rate of 0.01 a percent more would be
 * right, but the training too rough for what its examples do to be foretold; with ReLU, which has a kink, it is rough at
 * this rate too (docs/truth.md).
 */
const SCHEDULE = {
  sampler: 'single-class',
  batchSize: 128,
  ghostSize: 40,
  learningRate: 0.004,
  epochs: 8,
  learningRateSteps: [6],
  learningRateFactor: 0.2,
} as const;

const MODEL = 'lenet-bn.onnx';

/** What the quick start makes, and nothing else: whether each of them is ours is checked by whatever replaces it. */
const MADE: ReadonlySet<string> = new Set([MODEL, 'run', 'explanation', 'influence']);

/** Whether a folder holds what an earlier quick start left, which may be replaced without being asked. */
async function isEarlierDemo(out: string): Promise<boolean> {
  const names = (await namesIn(out).catch((): string[] => [])).filter((name) => !name.startsWith('.'));
  if (names.length === 0 || names.some((name) => !MADE.has(name))) return false;
  const { data, model } = (await readManifest(join(out, 'run')).catch(() => undefined)) ?? {};
  return data?.spec === DATA && basename(model?.path ?? '') === MODEL;
}

/** Runs the quick start. */
export async function runDemo(request: DemoRequest): Promise<DemoOutcome> {
  const { out, force, seed, runtime, onNotice } = request;
  const isAgain = await isEarlierDemo(out);
  await checkOutput(out, force || isAgain);
  const modelPath = join(out, MODEL);
  await refuseForeignModel(modelPath);
  await writeModelFile(modelPath, create('lenet-bn', { seed, activation: 'gelu' }));
  const runDirectory = join(out, 'run');
  const manifest = await startTraining({
    modelPath,
    dataSpec: DATA,
    runDirectory,
    force: force || isAgain,
    options: { ...SCHEDULE, seed },
    runtime,
    onNotice,
    onProgress: request.onTraining,
  });
  const explanation = join(out, 'explanation');
  const result = await traceToFolder({
    runDirectory,
    inputs: [INPUTS],
    out: explanation,
    force,
    runtime,
    onNotice,
    onProgress: request.onTracing,
  });
  const influenceFolder = join(out, 'influence');
  const influence = await influenceToFolder({
    runDirectory,
    inputs: [QUESTIONED.input],
    out: influenceFolder,
    force,
    options: { verify: QUESTIONED.without },
    runtime,
    onNotice,
    onProgress: request.onInfluence,
  });
  return {
    manifest,
    result,
    report: join(explanation, 'index.html'),
    influence,
    influenceReport: join(influenceFolder, 'index.html'),
  };
}
