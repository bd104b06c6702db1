/**
 * Representer points of a last layer: the authors' procedure in PyTorch, and ours, in turn in one run.
 *
 *   npm run build && npx tsx scripts/bench/representer.ts [--python python3] [--threads 2] [--rounds 3] [--lambda 0.003]
 *     [--model m.onnx --data <its training data>]
 *
 * Both sides find the ten largest and the ten smallest values of one score of each input, with as many threads. Ours also say
 * what the values of each class sum to, and the values that they list in float64.
 *
 * Without a model: 50,000 × 512 features of ten classes, made from a seed the way networks make them (a few factors,
 * mixed, noise, ReLU), and a layer that tells the classes apart. With one: the features of its training data.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { encodeNpy } from '../../dist/data/npy/encode.js';
import { FIT_DEFAULTS } from '../../dist/explain/representer/cached-fit.js';
import { fitLayer } from '../../dist/explain/representer/fit/fit.js';
import { selectRows, widened, type FeatureMatrix } from '../../dist/explain/representer/features/features.js';
import { predictions } from '../../dist/explain/representer/mistakes.js';
import { activated, scoresAt, type FlatWeights } from '../../dist/explain/representer/fit/objective.js';
import { openPoints } from '../../dist/explain/representer/points.js';
import { openLayerData } from '../../dist/explain/representer/layer-data.js';
import { seededRandom } from '../../dist/numeric/random.js';
import { nodeRuntime } from '../../dist/runtime/node.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    lambda: { type: 'string', default: String(FIT_DEFAULTS.lambda) },
    model: { type: 'string' },
    data: { type: 'string' },
  },
});
const lambda = Number(values.lambda);
const runtime = nodeRuntime({ threads: Number(values.threads) });
const [QUERIES, TOP, REPEATS] = [1000, 10, 25];

/** A last layer with what goes into it. */
interface Workload {
  readonly features: FeatureMatrix;
  readonly queries: FeatureMatrix;
  readonly labels: Int32Array;
  readonly weights: FlatWeights;
  readonly outputs: number;
}

async function ofModel(modelPath: string, dataSpec: string | undefined): Promise<Workload> {
  const layerData = await openLayerData({ modelPath, dataSpec, runtime });
  await layerData.release();
  const { layer, train, test } = layerData;
  if (!layer.weights || !layer.bias) throw new Error('this needs a last layer with a bias');
  const queries = (test ?? train).features;
  const rows = Int32Array.from({ length: Math.min(QUERIES, queries.rows) }, (_, i) => i);
  const { weights, outputs } = layer;
  return { features: train.features, queries: selectRows(queries, rows), labels: train.labels, weights, outputs };
}

function synthetic(rows: number, columns: number, outputs: number): Workload {
  const factors = 40;
  const random = seededRandom(1);
  const draw = (count: number, scale: number) => Float32Array.from({ length: count }, () => scale * random.normal());
  const centres = draw(outputs * factors, 1.2);
  const mixing = draw(factors * columns, 1 / Math.sqrt(factors));
  const labels = Int32Array.from({ length: rows + QUERIES }, () => random.below(outputs));
  const data = new Float32Array(labels.length * columns);
  labels.forEach((label, i) => {
    const point = Float32Array.from({ length: factors }, (_, z) => centres[label * factors + z]! + random.normal());
    for (let k = 0; k < columns; k++) {
      let sum = 0.3 * random.normal();
      for (let z = 0; z < factors; z++) sum += point[z]! * mixing[z * columns + k]!;
      data[i * columns + k] = Math.max(0, sum);
    }
  });
  const all = { rows: labels.length, columns, data };
  const part = (from: number, to: number) => ({
    ...all,
    rows: to - from,
    data: data.subarray(from * columns, to * columns),
  });
  return {
    features: part(0, rows),
    queries: part(rows, labels.length),
    labels: labels.subarray(0, rows),
    weights: classMeans(part(0, rows), labels, outputs),
    outputs,
  };
}

/** Scores that fall with the distance from a class's mean, halved so that not every example is beyond doubt. */
function classMeans({ rows, columns, data }: FeatureMatrix, labels: Int32Array, outputs: number): FlatWeights {
  const weights = new Float64Array(outputs * (columns + 1));
  const counts = new Float64Array(outputs);
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    counts[label]! += 1;
    for (let k = 0; k < columns; k++) weights[label * columns + k]! += data[i * columns + k]!;
  }
  for (let j = 0; j < outputs; j++) {
    let square = 0;
    for (let k = 0; k < columns; k++) {
      const mean = weights[j * columns + k]! / counts[j]!;
      weights[j * columns + k] = mean / 2;
      square += mean * mean;
    }
    weights[outputs * columns + j] = -square / 4;
  }
  return weights;
}

const { features, queries, labels, weights, outputs } =
  values.model === undefined ? synthetic(50_000, 512, 10) : await ofModel(values.model, values.data);
console.log(`${features.rows} × ${features.columns} features, ${outputs} classes, λ ${lambda}, ${queries.rows} inputs`);

const folder = mkdtempSync(join(tmpdir(), 'bench-representer-'));
for (const [name, { rows, columns, data }] of Object.entries({ features, queries })) {
  writeFileSync(join(folder, `${name}.npy`), encodeNpy({ shape: [rows, columns], data }));
}
writeFileSync(join(folder, 'weights.npy'), encodeNpy({ shape: [weights.length], data: weights }));

/** What something took, in seconds: by the clock, and of all processors together. */
interface Seconds {
  readonly clock: number;
  readonly processor: number;
}

/** What both sides report, and how good the optimum is. */
interface Outcome {
  readonly fit: Seconds;
  /** Values of one input, and the ten largest and smallest of them: the median of 25 inputs. */
  readonly one: Seconds;
  /** The values alone, all of them handed over: in float32 by PyTorch, in float64 by us. */
  readonly vector: Seconds;
  /** As `one`, for all inputs at once. */
  readonly all: Seconds;
  readonly iterations: number;
  readonly gradientMaxNorm: number;
  readonly sumError: number;
}

const torch = () =>
  JSON.parse(
    execFileSync(values.python, ['scripts/bench/representer.py', folder, values.lambda, values.threads], {
      encoding: 'utf8',
    }),
  ) as Outcome;

async function timed<T>(work: () => Promise<T>): Promise<Seconds & { readonly result: T }> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { clock: (performance.now() - began) / 1000, processor: (user + system) / 1e6, result };
}

async function ours(): Promise<Outcome> {
  const fitted = await timed(async () => {
    const wide = widened(features);
    const targets = activated(await scoresAt(wide, weights, outputs, runtime), outputs, 'softmax');
    const problem = { features: wide, targets, outputs, bias: true, lambda, activation: 'softmax' } as const;
    return fitLayer(problem, weights, FIT_DEFAULTS, runtime);
  });
  const { result: fit } = fitted;
  const scores = await scoresAt(queries, fit.weights, outputs, runtime);
  const classes = predictions(scores, outputs);
  const points = openPoints({ features, alpha: fit.alpha, outputs, bias: true, labels }, runtime);
  // The first call also opens the sessions and adds up what sums are computed with.
  const all = await timed(() => points.explain(queries, classes, TOP));
  const [one, vector]: [Seconds[], Seconds[]] = [[], []];
  let sumError = 0;
  for (let t = 0; t < REPEATS; t++) {
    const query = selectRows(queries, [t]);
    const found = await timed(() => points.explain(query, [classes[t]!], TOP));
    one.push(found);
    vector.push(await timed(() => points.values(query.data, classes[t]!)));
    sumError = Math.max(sumError, Math.abs(found.result[0]!.sum - scores[t * outputs + classes[t]!]!));
  }
  await points.release();
  const { iterations, gradientMaxNorm } = fit;
  return { fit: fitted, one: typical(one), vector: typical(vector), all, iterations, gradientMaxNorm, sumError };
}

/** The medians of clock and processor. */
function typical(times: readonly Seconds[]): Seconds {
  return { clock: median(times.map(({ clock }) => clock)), processor: median(times.map(({ processor }) => processor)) };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

const milliseconds = ({ clock, processor }: Seconds) =>
  `${(1000 * clock).toFixed(1)} ms (processor ${(1000 * processor).toFixed(1)})`;

const sides = { 'PyTorch, the authors’ procedure': torch, 'onnx-explain': ours };
const outcomes: Outcome[][] = Object.values(sides).map(() => []);
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [side, [name, run]] of Object.entries(sides).entries()) {
    const outcome = await run();
    outcomes[side]!.push(outcome);
    const { fit, one, vector, all, iterations, gradientMaxNorm, sumError } = outcome;
    console.log(
      `${name}: fit ${fit.clock.toFixed(1)} s (${iterations} iterations, ‖∇‖∞ ${gradientMaxNorm.toExponential(1)}), ` +
        `one input with its top ${TOP} ${milliseconds(one)}, ${queries.rows} inputs ${milliseconds(all)}, ` +
        `all values of one input ${milliseconds(vector)}, Σ of values misses the logit by ${sumError.toExponential(1)}`,
    );
  }
}
rmSync(folder, { recursive: true });

/** How many times PyTorch's time is ours, round by round. */
const ratiosOf = (of: (outcome: Outcome) => number) =>
  outcomes[1]!.map((outcome, r) => of(outcome) / of(outcomes[0]![r]!));
const listed = (ratios: readonly number[]) =>
  `${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}, median ${median(ratios).toFixed(2)}`;
for (const [what, of, most] of [
  ['fit', ({ fit }: Outcome) => fit, 1],
  [`one input with its top ${TOP}`, ({ one }: Outcome) => one, 1],
  [`${queries.rows} inputs with their top ${TOP}`, ({ all }: Outcome) => all, 1],
  ['all values of one input, ours in float64', ({ vector }: Outcome) => vector, undefined],
] as const) {
  const clock = ratiosOf((outcome) => of(outcome).clock);
  const wanted = most === undefined ? '' : `; at most ${most} wanted: ${median(clock) <= most ? 'held' : 'missed'}`;
  console.log(
    `${what}, time / PyTorch's: ${listed(clock)}${wanted}; of processor: ${listed(ratiosOf((outcome) => of(outcome).processor))}`,
  );
}
