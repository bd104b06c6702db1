/** A result of `representer`, made up: decisions of ten classes, two mistakes that several examples share, and maps. */
import type { RepresenterMistake, RepresenterQuery, RepresenterResult } from '../../../src/results/representer.js';
import type { FloatArray } from '../../../src/tensor.js';
import { randomNumbers } from '../random-tensors.js';
import { syntheticTrace } from '../synthetic-trace.js';
import { HOSTILE } from './synthetic-results.js';

const EDGE = 8;
/** Points on either side of a decision. */
const POINTS = 4;

/** What of the result is to be tried. */
export interface RepresenterShape {
  readonly queries: number;
  /** Whether mistakes were asked for. */
  readonly isGrouped?: boolean;
  readonly fit?: Partial<RepresenterResult['fit']>;
}

/** The result, and the maps of its decisions. */
export function syntheticRepresenter({ queries: count, isGrouped = false, fit }: RepresenterShape): {
  readonly result: RepresenterResult;
  readonly maps: readonly FloatArray[];
} {
  const trace = syntheticTrace({ queries: 1, layers: ['fc2'], steps: 2 });
  const { tool, schemaVersion, model, data, options, sign } = trace;
  const classNames = trace.classNames.map((name, label) => (label === 2 ? HOSTILE : name));
  const named = (label: number) => ({ class: label, label: classNames[label]! });
  const queries = Array.from({ length: count }, (_, q) => queryOf(q, classNames));
  const next = randomNumbers(11);
  const maps = queries.map(({ sensitivity }) => {
    const shape = [1 + sensitivity!.points.length, 1, EDGE, EDGE];
    return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() - 0.5) };
  });
  const result: RepresenterResult = {
    kind: 'representer',
    ...{ tool, schemaVersion, model, data, options, sign, classNames },
    accuracy: { split: 'test', value: 0.88, chance: 0.1, examples: 1000 },
    fit: { ...FIT, ...fit },
    queries,
    ...(isGrouped ? { mistakes: [mistakeOf(named(6), named(0), 30), mistakeOf(named(4), named(2), 5)] } : {}),
  };
  return { result, maps };
}

const points = { actual: [0, 0.4, 1], reconstructed: [0.01, 0.38, 0.99] };

const FIT: RepresenterResult['fit'] = {
  mode: 'given',
  layer: 'fc3',
  weight: 'fc3.weight',
  activation: 'softmax',
  features: 84,
  outputs: 10,
  solver: 'lbfgs',
  lambda: 0.0003,
  tried: [
    { lambda: 0.003, pearson: 0.981 },
    { lambda: 0.0003, pearson: 0.9998 },
  ],
  tolerance: 1e-8,
  status: 'converged',
  iterations: 40,
  evaluations: 44,
  seconds: 0.7,
  reused: false,
  gradientMaxNorm: 1e-9,
  sumError: 1e-7,
  objective: 0.3,
  pearson: 0.9998,
  maxAbsError: 0.02,
  meanAbsError: 0.001,
  examples: 5000,
  points,
  test: { pearson: 0.9997, maxAbsError: 0.03, meanAbsError: 0.001, examples: 1000, points },
};

/** Every fifth decision is a mistake. */
function queryOf(q: number, classNames: readonly string[]): RepresenterQuery {
  const named = (label: number) => ({ class: label, label: classNames[label]! });
  const truth = q % classNames.length;
  const target = q % 5 === 4 ? (truth + 1) % classNames.length : truth;
  const point = (i: number, side: 1 | -1) => ({
    index: 100 * q + 2 * i + (side > 0 ? 0 : 1),
    label: side > 0 ? target : (target + 1 + i) % classNames.length,
    file: `train/${q}-${i}${i === 0 ? HOSTILE : ''}.png`,
    alpha: side * (0.4 - 0.05 * i),
    similarity: 5 - i,
    value: side * (2 - 0.3 * i),
  });
  const excitatory = Array.from({ length: POINTS }, (_, i) => point(i, 1));
  const inhibitory = Array.from({ length: POINTS }, (_, i) => point(i, -1));
  const magnitudes = { influence: [1, 0.2, 0.01], representer: [1, 0.6, 0.3] };
  return {
    input: `fashion@${q}`,
    inputFile: `test/${q}.png`,
    predicted: { ...named(target), probability: 0.7 },
    truth: named(truth),
    topClasses: [{ ...named(target), probability: 0.7 }],
    target: named(target),
    logit: 9.67,
    reconstructed: 9.66,
    modelLogit: 9.68,
    output: 0.7,
    reconstructedOutput: 0.699,
    positive: 12.5,
    negative: -2.84,
    classes: classNames.map((_, label) => ({
      class: label,
      value: label === target ? 12.5 : label === 9 ? -3.85e-4 : -2.84 / 8,
    })),
    excitatory,
    inhibitory,
    seconds: 0.002,
    influence: {
      ...{ seconds: 0.5, iterations: 12, residual: 1e-9, maxAbsValue: 0.03, zeros: 0, magnitudes, spearman: 0.5 },
      helpful: excitatory.map(({ index, label }) => ({ index, label, value: 0.03 })),
      harmful: inhibitory.map(({ index, label }) => ({ index, label, value: -0.02 })),
    },
    sensitivity: {
      ...{ shape: [1, EDGE, EDGE], samples: 1, noise: 0, file: `query-${q}/sensitivity.npy`, error: 1e-6 },
      points: [...excitatory, ...inhibitory].map(({ index }) => index),
    },
  };
}

type Named = RepresenterMistake['truth'];

function mistakeOf(truth: Named, predicted: Named, members: number): RepresenterMistake {
  return {
    ...{ truth, predicted, ofClass: 100, misclassified: members + 4 },
    members: Array.from({ length: members }, (_, i) => 1000 * truth.class + i),
    memberOrigins: Array.from({ length: members }, (_, i) => ({ file: `test/${truth.class}/${i}.png` })),
    training: { ofClass: 500, misclassified: 40, sameMistake: 21 },
    inhibitory: Array.from({ length: 6 }, (_, i) => ({
      ...{ index: 4000 + 10 * truth.class + i, label: predicted.class, predicted: predicted.class },
      ...{ value: -0.5 + 0.05 * i, alpha: -0.2, among: members - i },
    })),
  };
}
