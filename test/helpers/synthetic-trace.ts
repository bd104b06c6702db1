/** A trace result with the shape of a real one: the class structure sharpens with depth, as in the paper's figures. */
import { kernelDensity, ridgeGrid } from '../../src/numeric/kernel-density.js';
import type { TraceLayer, TraceQuery, TraceResult } from '../../src/results/trace.js';

/** The classes of Fashion-MNIST. */
export const fashionClasses = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

/** Reproducible pseudo-random numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers (Box–Muller) from a uniform source. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** How the synthetic result is made. */
export interface SyntheticOptions {
  readonly seed?: number;
  readonly classNames?: readonly string[];
  /** Names of the layers, input side first. */
  readonly layers?: readonly string[];
  readonly queries?: number;
  readonly steps?: number;
}

/** A valid trace result with invented numbers; the same options give the same result. */
export function syntheticTrace(options: SyntheticOptions = {}): TraceResult {
  const { seed = 1, classNames = fashionClasses, layers = ['conv1', 'conv2', 'fc1', 'fc2'], queries = 1 } = options;
  const { steps = 600 } = options;
  const random = seededRandom(seed);
  return {
    kind: 'trace',
    schemaVersion: 1,
    tool: { name: 'onnx-explain', version: '0.1.0' },
    model: { path: 'run/model.onnx', sha256: '3f'.repeat(32) },
    data: { spec: 'fashion-mnist-sample', fingerprint: 'b7'.repeat(32) },
    options: { similarity: 'dot', reference: 'full', bandwidth: 0.1, topK: 7, seed: 0 },
    sign: 'positive supports the prediction',
    classNames,
    training: syntheticTraining(steps, classNames.length),
    queries: Array.from({ length: queries }, (_, index) => syntheticQuery(random, index, classNames, layers, steps)),
  };
}

/** Losses that fall, and the batches of the first steps. */
function syntheticTraining(steps: number, classes: number): NonNullable<TraceResult['training']> {
  const all = Array.from({ length: steps }, (_, step) => step + 1);
  return {
    stepsPerEpoch: Math.ceil(steps / 3),
    steps: all,
    loss: all.map((step) => 2 * Math.exp((-4 * step) / steps)),
    batches: all.slice(0, 3 * classes).map((step) => ({ step, examples: [0, 1, 2, 3].map((i) => 40 + step * 3 + i) })),
  };
}

function syntheticQuery(
  random: () => number,
  index: number,
  classNames: readonly string[],
  layers: readonly string[],
  steps: number,
): TraceQuery {
  const classes = classNames.length;
  const predicted = (index * 7 + 9) % classes;
  const related = (predicted + classes - 2) % classes;
  const scores = classNames.map((_, c) => Math.exp((c === predicted ? 6 : c === related ? 3.2 : 0) + 0.7 * random()));
  const total = scores.reduce((sum, score) => sum + score, 0);
  const topClasses = scores
    .map((score, c) => ({ class: c, label: classNames[c]!, probability: score / total }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 10);
  const truth = index === 1 ? related : predicted;
  return {
    input: `fashion-mnist-sample@${17 + index}`,
    predicted: topClasses[0]!,
    truth: { class: truth, label: classNames[truth]! },
    topClasses,
    layers: layers.map((name, depth) =>
      syntheticLayer(random, name, (depth + 1) / layers.length, { classes, predicted, related, steps }),
    ),
  };
}

function syntheticLayer(
  random: () => number,
  name: string,
  depth: number,
  { classes, predicted, related, steps }: { classes: number; predicted: number; related: number; steps: number },
): TraceLayer {
  const sharpness = depth ** 2;
  const lean = (c: number) =>
    c === predicted ? 0.34 * sharpness : c === related ? 0.12 * sharpness : -0.05 * sharpness;
  const samples = Array.from({ length: steps }, (_, step) => {
    const batchClass = step % classes;
    const early = Math.exp((-6 * step) / steps);
    const cosine = Math.tanh(0.04 + lean(batchClass) * (0.4 + random()) + (0.07 + 0.2 * early) * normal(random));
    const norm = (0.02 + 0.3 * early) * (0.5 + random());
    return { step, class: batchClass, cosine, norm, gamma: cosine * norm * 4 };
  });
  const x = ridgeGrid(Math.max(...samples.map((sample) => Math.abs(sample.cosine))));
  const initial = { gamma: 3.1, cosine: 0.42, norm: 1.85 };
  const norm = Math.sqrt(Math.max(0.1, initial.gamma + samples.reduce((sum, sample) => sum + sample.gamma, 0)));
  const byGamma = [...samples].sort((a, b) => b.gamma - a.gamma);
  const trainingExample = (sample: (typeof samples)[number]) => ({
    index: 40 + sample.step * 3,
    label: sample.class,
    gamma: sample.gamma / 8,
    steps: 5,
  });
  return {
    layer: name,
    weight: `${name}.weight`,
    reference: 'full',
    norm,
    completenessError: 2.4e-7 * (1 + random()),
    codecError: 0,
    biasShare: 0.08 * random(),
    initial,
    examples: byGamma.slice(0, 7).map(trainingExample),
    opponents: byGamma
      .slice(-4)
      .reverse()
      .sort((a, b) => a.gamma - b.gamma)
      .map(trainingExample),
    batches: byGamma.slice(0, 5).map(({ step, class: label, gamma, cosine }) => ({ step, label, gamma, cosine })),
    classes: Array.from({ length: classes }, (_, c) => {
      const own = samples.filter((sample) => sample.class === c);
      const cosines = own.map((sample) => sample.cosine);
      const norms = own.map((sample) => sample.norm);
      const { density, bandwidth } = kernelDensity(cosines, norms, x, { factor: 0.1 });
      return {
        class: c,
        gamma: own.reduce((sum, sample) => sum + sample.gamma, 0),
        weight: norms.reduce((sum, norm) => sum + norm, 0),
        ridge: { x, density: Array.from(density), bandwidth },
      };
    }),
    course: syntheticCourse(samples, classes),
    steps: {
      gamma: samples.map(({ gamma }) => gamma),
      cosine: samples.map(({ cosine }) => cosine),
      norm: samples.map((sample) => sample.norm),
      class: samples.map((sample) => sample.class),
    },
    ...(depth === 1 ? { logits: syntheticLogits(random, classes, predicted) } : {}),
  };
}

function syntheticLogits(random: () => number, classes: number, predicted: number) {
  return Array.from({ length: classes }, (_, c) => {
    const initial = 0.4 * normal(random);
    const bias = 0.1 * normal(random);
    const training = (c === predicted ? 8 : 1) + normal(random);
    // The last class has next to nothing to do with it, which takes more room to write than anything else.
    const tiny = -3.85e-4;
    const value = (training + bias - tiny) / (classes - 1);
    const own = Array.from({ length: classes }, (_ignored, of) => ({
      class: of,
      value: of < classes - 1 ? value : tiny,
    }));
    const byClass = { classesOf: 'examples', initialBias: 0, classes: own, rest: 0 } as const;
    return { class: c, logit: initial + bias + training, initial, bias, training, byClass };
  });
}

/** Sums of γ by class at every eighth of the steps. */
function syntheticCourse(
  samples: readonly { readonly class: number; readonly gamma: number }[],
  classes: number,
): NonNullable<TraceLayer['course']> {
  const steps = Array.from({ length: 8 }, (_, i) => Math.max(1, Math.round(((i + 1) * samples.length) / 8)));
  const upTo = (step: number, c: number) =>
    samples.slice(0, step).reduce((sum, sample) => sum + (sample.class === c ? sample.gamma : 0), 0);
  return {
    steps,
    classes: Array.from({ length: classes }, (_, c) => ({ class: c, gamma: steps.map((step) => upTo(step, c)) })),
  };
}
