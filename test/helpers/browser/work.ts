/**
 * A training, its derivative and an attribution on a small network: work that one code does in Node and in a browser. Nothing
 * that Node alone has is imported here.
 */
import { describeClassifier } from '../../../src/classifier/open.js';
import { ATTRIBUTION_DEFAULTS } from '../../../src/explain/attribution/settings.js';
import { methodNamed } from '../../../src/explain/attribution/methods/registry.js';
import { inferValues } from '../../../src/graph/values.js';
import { openDifferentiatedStep } from '../../../src/replay/differentiated-step.js';
import type { Runtime } from '../../../src/runtime/runtime.js';
import { float32 } from '../../../src/tensor.js';
import { initialState } from '../../../src/train/carried-state.js';
import { OPTIMIZER_DEFAULTS } from '../../../src/train/optimizers/optimizer.js';
import { createPool } from '../../../src/train/pool.js';
import { createTrainer } from '../../../src/train/trainer.js';
import { buildTrainingGraph, type TrainingGraphOptions } from '../../../src/train/training-graph.js';
import { pooledNetwork } from '../networks.js';
import { randomNumbers } from '../random-tensors.js';

const [EXAMPLES, EDGE, CLASSES, BATCH] = [24, 12, 4, 6];

/** What came out, by what it is. */
export type WorkDone = Readonly<Record<string, readonly number[]>>;

/** Pictures of noise, and a network for them. */
async function opened(runtime: Runtime) {
  const model = pooledNetwork();
  const shape = [1, EDGE, EDGE];
  const values = await inferValues(model, runtime, { image: shape });
  const classifier = await describeClassifier(model, values, { runtime });
  const next = randomNumbers(5);
  const pixels = Float32Array.from({ length: EXAMPLES * EDGE * EDGE }, () => 2 * next() - 1);
  return { model, shape, classifier, pixels };
}

/** Attributes a score to the pixels of an example. */
function explainBy(method: string): (runtime: Runtime) => Promise<WorkDone> {
  return async (runtime) => {
    const { classifier, pixels } = await opened(runtime);
    const open = await methodNamed(method).open({ runtime, explained: classifier, settings: ATTRIBUTION_DEFAULTS });
    const [attribution] = await open.attribute([{ x: pixels.subarray(0, EDGE * EDGE), target: 1, index: 0 }]);
    await open.release();
    return { map: [...attribution!.map] };
  };
}

/** Trains for four steps, and goes back over the last one. */
async function trainOn(runtime: Runtime): Promise<WorkDone> {
  const { model, shape, classifier, pixels } = await opened(runtime);
  const labels = Int32Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES);
  const data = { shape, elementType: 'float32', kind: 'image', length: EXAMPLES, labels, all: pixels } as const;
  const pool = createPool(data as unknown as Parameters<typeof createPool>[0], classifier);
  const options: TrainingGraphOptions = {
    loss: 'cross-entropy',
    optimizer: 'momentum',
    optimizerSettings: OPTIMIZER_DEFAULTS,
    weightDecay: 0,
    ghostSize: 0,
    ghostStatistics: 'pooled',
    parameters: ['w1', 'b1', 'scale', 'shift', 'w2', 'w3', 'w4', 'b4'],
    layers: [],
    storedType: 'float32',
  };
  const graph = buildTrainingGraph(classifier, options);
  const steps = Array.from({ length: 4 }, (_, i) => ({
    step: i + 1,
    learningRate: 0.05,
    seed: i,
    label: -1,
    examples: Int32Array.from({ length: BATCH }, (__, row) => (i * BATCH + row) % EXAMPLES),
    ghosts: new Int32Array(),
  }));
  const trainer = await createTrainer(graph, pool, BATCH, initialState(model, graph.carried), runtime);
  const losses: number[] = [];
  for (const from of [0, 2]) losses.push(...(await trainer.run(steps.slice(from, from + 2))).losses);
  const state = await trainer.state();
  await trainer.release();

  const step = await openDifferentiatedStep({ classifier, options, pool, runtime });
  const ones = step.tensors.map(({ cotangent, dims }) =>
    cotangent === undefined
      ? undefined
      : float32(new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), [1, ...dims]),
  );
  const pulled = await step.pull(steps[3]!, state, ones);
  await step.release();

  const carried = Object.entries(state).map(([name, { data: after }]) => [name, [...(after as Float32Array)]] as const);
  return { losses, ...Object.fromEntries(carried), rows: [...pulled.rows] };
}

/** All of it, by name. */
export const WORK: Readonly<Record<string, (runtime: Runtime) => Promise<WorkDone>>> = {
  train: trainOn,
  gradient: explainBy('gradient'),
  lrp: explainBy('lrp'),
};
