/** A trends result with the shape of a real one: a network that learns, and explanations that grow stronger and more focused. */
import { MEASURES } from '../../src/explain/trends/measures.js';
import type { FloatArray } from '../../src/tensor.js';
import type { TrendsCorrelation, TrendsResult, TrendsStrip, TrendsSummary } from '../../src/results/trends.js';
import { fashionClasses, normal, seededRandom } from './synthetic-trace.js';

/** How the synthetic result is made. */
export interface SyntheticTrendsOptions {
  readonly seed?: number;
  readonly classNames?: readonly string[];
  /** Measured steps, the first of them 0. */
  readonly points?: number;
  readonly every?: number;
  readonly methods?: readonly { readonly method: string; readonly layer?: string }[];
  readonly splits?: readonly ('train' | 'test')[];
  readonly measures?: readonly string[];
  /** Strips for each method. */
  readonly strips?: number;
  readonly frames?: number;
  /** Shape of a map. */
  readonly shape?: readonly number[];
  /** First and last mean of a measure, where not as in a network that learns. */
  readonly course?: Readonly<Record<string, readonly [number, number]>>;
}

/** From before training to the end, as in the poster's figure 1. */
const COURSE: Readonly<Record<string, readonly [number, number]>> = {
  norm: [0.02, 0.63],
  entropy: [6.12, 5.82],
  'absolute-norm': [0.04, 0.92],
  'absolute-entropy': [6.3, 6.05],
  'positive-share': [0.55, 0.71],
  'rank-similarity': [0.12, 1],
  'cosine-similarity': [0.2, 1],
};

/** A valid trends result and the arrays that it names; the same options give the same. */
export function syntheticTrends(options: SyntheticTrendsOptions = {}): {
  result: TrendsResult;
  arrays: (file: string) => FloatArray;
} {
  const { seed = 1, classNames = fashionClasses, points = 121, every = 10, strips = 2, frames = 25 } = options;
  const { methods = [{ method: 'lrp' }, { method: 'grad-cam', layer: 'conv2' }] } = options;
  const { splits = ['train', 'test'], shape = [28, 28], measures = Object.keys(COURSE) } = options;
  const course = { ...COURSE, ...options.course };
  const random = seededRandom(seed);
  const steps = Array.from({ length: points }, (_, i) => i * every);
  const far = (i: number) => 1 - Math.exp((-5 * i) / Math.max(1, points - 1));
  const falling = (from: number, to: number, noise: number) =>
    steps.map((_, i) => Math.max(0.001, from + (to - from) * far(i) + noise * normal(random)));
  const summary = (name: string): TrendsSummary => {
    const [from, to] = course[name]!;
    const noise = 0.02 * Math.abs(to - from);
    const mean = steps.map((_, i) => from + ((to - from) * far(i)) / (far(points - 1) || 1) + (i > 0 && i < points - 1 ? noise * normal(random) : 0)); // prettier-ignore
    const spread = 0.15 * Math.abs(to - from) + 0.005;
    return {
      mean,
      lowerQuartile: mean.map((value) => value - spread * (0.9 + 0.2 * random())),
      upperQuartile: mean.map((value) => value + spread * (1.3 + 0.2 * random())),
    };
  };
  const rho = (measure: string): TrendsCorrelation[] =>
    (['train', 'test', 'batch'] as const).map((loss, i) => {
      const value = (measure === 'norm' || measure.endsWith('similarity') ? -1 : 1) * (0.88 - 0.35 * i);
      return {
        ...{ measure, loss, rho: value, p: 0.001 + 0.05 * i, pIndependent: 10 ** (-40 + 15 * i) },
        interval: [Math.max(-1, value - 0.08 - 0.3 * i), Math.min(1, value + 0.08 + 0.3 * i)],
        ...{ steps: points, block: Math.ceil(points / 10) },
      };
    });
  const images = splits.flatMap((split) =>
    classNames.map((label, c) => ({ split, index: 3 * c + (split === 'test' ? 1 : 0), class: c, label })),
  );
  const made = new Map<string, FloatArray>();
  const shown = Array.from({ length: Math.min(frames, points) }, (_, f, count = Math.min(frames, points)) =>
    count === 1 ? 0 : Math.round((f * (points - 1)) / (count - 1)),
  );
  const stripsOf = methods.flatMap(({ method }, m) =>
    Array.from({ length: Math.min(strips, images.length) }, (_, s): TrendsStrip => {
      const image = (s * 7) % images.length;
      const file = `strips/${m}-${s}.npy`;
      made.set(file, stripMaps(random, shown.map(far), shape, s));
      const target = images[image]!.class;
      return { method, image, steps: shown.map((i) => steps[i]!), targets: shown.map(() => target), shape, file };
    }),
  );
  const result: TrendsResult = {
    kind: 'trends',
    schemaVersion: 1,
    tool: { name: 'onnx-explain', version: '0.1.0' },
    model: { path: 'run/model.onnx', sha256: '3f'.repeat(32) },
    data: { spec: 'fashion-mnist', fingerprint: 'b7'.repeat(32) },
    options: { run: 'run', method: methods.map(({ method }) => method), every, images: classNames.length, seed: 0 },
    sign: 'positive supports the prediction',
    classNames,
    steps,
    stepsPerEpoch: 600,
    weights: { source: 'log', measureError: 0.001, error: 2.4e-7, checkpoints: [steps.at(-1)!] },
    measures: MEASURES.filter(({ name }) => measures.includes(name)).map(({ name, says, unit }) => ({
      name,
      says,
      unit,
    })),
    images,
    target: 'predicted',
    loss: {
      name: 'cross-entropy',
      batch: falling(2.3, 0.25, 0.12).map((value, i) => (i === 0 ? null : value)),
      train: { examples: 1000, loss: falling(2.3, 0.22, 0.01), accuracy: steps.map((_, i) => 0.1 + 0.83 * far(i)) },
      test: { examples: 1000, loss: falling(2.31, 0.27, 0.012), accuracy: steps.map((_, i) => 0.1 + 0.8 * far(i)) },
    },
    fit: {
      label: 'good fit',
      because: 'Test loss fell to 0.270 and has settled: from 0.271 at step 1,080 to 0.270 at the end.',
    },
    series: methods.flatMap((of) =>
      splits.map((split) => ({
        ...of,
        split,
        measures: Object.fromEntries(measures.map((name) => [name, summary(name)])),
        rho: points > 3 ? measures.flatMap(rho) : [],
      })),
    ),
    strips: stripsOf,
    conditions: [],
    seconds: 93.4,
  };
  return {
    result,
    arrays: (file) => {
      const found = made.get(file);
      if (!found) throw new Error(`no array ${file}`);
      return found;
    },
  };
}

/** Blobs that grow stronger and narrower, with something against them at the side. */
function stripMaps(
  random: () => number,
  progress: readonly number[],
  shape: readonly number[],
  which: number,
): FloatArray {
  const size = shape.reduce((product, edge) => product * edge, 1);
  const [rows, columns] = shape.length === 1 ? [1, size] : [shape.at(-2)!, shape.at(-1)!];
  const data = new Float32Array(progress.length * size);
  progress.forEach((far, f) => {
    for (let i = 0; i < size; i++) {
      const x = (i % columns) / columns;
      const y = (Math.floor(i / columns) % rows) / rows;
      const bump = (cx: number, cy: number, width: number) => Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / width ** 2);
      const value = bump(0.35 + 0.1 * which, 0.45, 0.35 - 0.2 * far) - 0.6 * bump(0.75, 0.65, 0.15);
      data[f * size + i] = (0.03 + far) * (value + 0.08 * normal(random));
    }
  });
  return { shape: [progress.length, ...shape], data };
}
