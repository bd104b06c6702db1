/** Steps of a training graph, run by ONNX Runtime on examples made on the spot. */
import { describeClassifier } from '../../src/classifier/open.js';
import type { Dataset } from '../../src/data/dataset.js';
import { scaleAndOffset, type Normalization } from '../../src/data/normalization.js';
import { rollUp } from '../../src/graph/steps/roll-up.js';
import { inferValues } from '../../src/graph/values.js';
import { feedsOf, graphOf, type Model } from '../../src/onnx/model.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount } from '../../src/tensor.js';
import { initialState, weightsIn } from '../../src/train/carried-state.js';
import { OPTIMIZER_DEFAULTS } from '../../src/train/optimizers/optimizer.js';
import { createPool } from '../../src/train/pool.js';
import { trainedParameters } from '../../src/train/setup.js';
import { createTrainer, type PlannedStep } from '../../src/train/trainer.js';
import { buildTrainingGraph, type TrainingGraphOptions } from '../../src/train/training-graph.js';
import { randomNumbers } from './random-tensors.js';

/** One thread: what is checked here does not depend on how many there are, and other test files run beside. */
export const runtime = nodeRuntime({ threads: 1 });

/** A data set in memory. */
export function memoryDataset(
  shape: readonly number[],
  all: Uint8Array | Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): Dataset {
  const size = elementCount(shape);
  return {
    spec: 'memory',
    split: 'train',
    name: 'memory',
    length: labels.length,
    shape,
    classNames: Array.from({ length: classes }, (_, label) => `class ${label}`),
    labels: Int32Array.from(labels),
    elementType: all instanceof Uint8Array ? 'uint8' : 'float32',
    kind: shape.length === 3 ? 'image' : 'vector',
    fingerprint: '0'.repeat(64),
    all,
    origin: (row) => ({ row }),
    examples: (indices) => {
      const rows = new (all.constructor as Uint8ArrayConstructor)(indices.length * size);
      Array.from(indices).forEach((index, i) => rows.set(all.subarray(index * size, (index + 1) * size), i * size));
      return Promise.resolve(rows);
    },
    picture: () => Promise.reject(new TypeError('not for looking at')),
  };
}

/** Random pixels, then random labels, from one stream (scripts/fixtures/training-parity.py makes the same). */
export function randomDataset(seed: number, count: number, shape: readonly number[], classes: number): Dataset {
  const next = randomNumbers(seed);
  const pixels = Uint8Array.from({ length: count * elementCount(shape) }, () => Math.floor(256 * next()));
  const labels = Array.from({ length: count }, () => Math.floor(classes * next()));
  return memoryDataset(shape, pixels, labels, classes);
}

/** What a training graph is made for; everything that is left out is off. */
export interface GraphRequest extends Partial<Omit<TrainingGraphOptions, 'normalization' | 'storedType'>> {
  readonly model: Model;
  readonly data: Dataset;
  readonly normalization?: Normalization;
  /** Rows of a full batch, ghosts included. */
  readonly rows: number;
  /** What the loss of each example is multiplied by; 1 by default. */
  readonly sampleWeights?: Float32Array;
  /** Whether loops that were written out are rolled up, as they are in trainings. */
  readonly rollsUp?: boolean;
}

/** What a training left behind. */
export interface Trained {
  readonly losses: readonly number[];
  /** Parameters and statistics after the last step, by name. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** Updates of each logged layer, [steps, elements]. */
  readonly deltas: Readonly<Record<string, Float32Array>>;
}

/**
 * Runs steps.
 * @param stepsInCall how many go into one call of ONNX Runtime; all by default
 */
export async function runSteps(
  request: GraphRequest,
  steps: readonly PlannedStep[],
  stepsInCall = steps.length,
): Promise<Trained> {
  const { model, data, normalization, rows, sampleWeights, rollsUp = false, ...options } = request;
  const values = await inferValues(model, runtime, { [feedsOf(graphOf(model))[0]!.name]: data.shape });
  const known = rollsUp ? rollUp({ model, values }) : { model, values };
  const classifier = await describeClassifier(known.model, known.values, { runtime });
  const pool = createPool(data, classifier, sampleWeights);
  const graph = buildTrainingGraph(classifier, {
    loss: 'cross-entropy',
    optimizer: 'sgd',
    optimizerSettings: OPTIMIZER_DEFAULTS,
    weightDecay: 0,
    ghostSize: 0,
    ghostStatistics: 'pooled',
    parameters: trainedParameters(model, classifier),
    layers: [],
    ...options,
    storedType: data.elementType,
    normalization: normalization && scaleAndOffset(normalization, data.shape.length === 3 ? data.shape[0]! : 1),
  });
  const trainer = await createTrainer(graph, pool, rows, initialState(model, graph.carried), runtime);
  try {
    const losses: number[] = [];
    const deltas: Record<string, number[]> = {};
    for (let at = 0; at < steps.length; at += stepsInCall) {
      const result = await trainer.run(steps.slice(at, at + stepsInCall));
      losses.push(...result.losses);
      for (const [layer, update] of result.deltas) (deltas[layer] ??= []).push(...update);
    }
    const weights = weightsIn(await trainer.state(), graph.carried);
    return {
      losses,
      weights: Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data as Float32Array])),
      deltas: Object.fromEntries(Object.entries(deltas).map(([layer, update]) => [layer, Float32Array.from(update)])),
    };
  } finally {
    await trainer.release();
  }
}

/** Steps over consecutive examples, without ghosts. */
export function consecutiveSteps(
  count: number,
  batch: number,
  learningRate: (step: number) => number = () => 0.1,
): PlannedStep[] {
  return Array.from({ length: count }, (_, i) => ({
    step: i + 1,
    learningRate: learningRate(i),
    seed: 1000 + i,
    examples: Int32Array.from({ length: batch }, (_, row) => i * batch + row),
    ghosts: new Int32Array(0),
    label: -1,
  }));
}

/** ‖a − b‖ / ‖b‖ over all entries together. */
export function relativeDistance(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  let difference = 0;
  let norm = 0;
  b.forEach((expected, i) => {
    for (let j = 0; j < expected.length; j++) {
      difference += (a[i]![j]! - expected[j]!) ** 2;
      norm += expected[j]! ** 2;
    }
  });
  return Math.sqrt(difference / norm);
}
