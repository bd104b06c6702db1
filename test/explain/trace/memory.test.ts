/** What a trace holds does not grow with the number of steps. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { asClassifier } from '../../helpers/classifier.js';
import { trace, TRACE_DEFAULTS, type TraceRequest } from '../../../src/explain/trace/trace.js';
import type { LayerLog } from '../../../src/explain/trace/trace-layer.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { elementCount } from '../../../src/tensor.js';
import { flatSize, linearCases, linearModel } from '../../helpers/linear-layers/list.js';
import { gaussian } from '../../helpers/random-tensors.js';

const linear = linearCases.find(({ name }) => name === 'Gemm, weight [out, in], bias')!;
const { total: size, weight: weightSize } = flatSize(linear);
const EXAMPLES = 300;
const CLASSES = 4;
const CHUNK = 100;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that are alive. */
async function heldBytes(): Promise<number> {
  // ONNX Runtime lets go of what it was fed in callbacks that run after a collection.
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const EARLY = 1000;
const STEPS = 5000;

/** What the made-up updates lack of what training did: a codec would report it as lost. */
function missing(): Float32Array {
  const before = gaussian(size, 1);
  const sum = gaussian(size, 2).map((value, i) => value - before[i]!);
  for (let step = 0; step < STEPS; step += CHUNK) {
    gaussian(CHUNK * size, step + 1, 0.01).forEach((value, i) => (sum[i % size]! -= value));
  }
  return sum;
}

/** A log that is made up while it is read, and looks at the memory early and near its end. */
function endlessLog(look: () => Promise<void>): LayerLog {
  return {
    layers: [],
    async *steps() {
      await Promise.resolve();
      for (let step = 1; step <= STEPS; step++) {
        const examples = Array.from({ length: 8 }, (_, i) => (step * 8 + i * CLASSES) % EXAMPLES);
        yield { step, epoch: 0, learningRate: 0.1, class: step % CLASSES, examples, ghosts: [], loss: 1 };
      }
    },
    async *stored() {
      for (let before = 0; before < STEPS; before += CHUNK) {
        if (before === EARLY || before + CHUNK === STEPS) await look();
        yield { form: 'dense', firstStep: before + 1, count: CHUNK, data: gaussian(CHUNK * size, before + 1, 0.01) };
      }
    },
    residual: () => Promise.resolve(missing()),
  };
}

/** By how many bytes a trace grows between an early step and a late one. */
async function growth(inputs: number, series: boolean): Promise<number> {
  const held: number[] = [];
  const trained = gaussian(size, 2);
  const { model, layer } = linearModel(linear, trained);
  const { model: initial } = linearModel(linear, gaussian(size, 1));
  const tensors = [
    { name: 'weight', dims: linear.weightDims },
    { name: 'bias', dims: [size - weightSize] },
  ];
  const request: TraceRequest = {
    runtime: nodeRuntime({ threads: 1 }),
    initial,
    trained: asClassifier(model, linear.inputDims.slice(1), CLASSES),
    log: endlessLog(async () => void held.push(await heldBytes())),
    lastStep: STEPS,
    layers: [{ layer, logged: { name: layer.name, tensors } }],
    labels: Int32Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES),
    classNames: ['a', 'b', 'c', 'd'],
    inputs: Array.from({ length: inputs }, (_, i) => ({
      name: `input ${i}`,
      x: gaussian(elementCount(linear.inputDims), 20 + i),
    })),
    options: { ...TRACE_DEFAULTS, steps: series },
  };
  const [query] = await trace(request);
  expect(query!.layers[0]!.examples.length).toBeGreaterThan(0);
  expect(held).toHaveLength(2);
  return held[1]! - held[0]!;
}

test('five times the steps take no more memory', async () => {
  // The first run warms up the engine.
  await growth(3, false);
  // Each class keeps its first 4,096 cosines and weights as they are: 16 bytes per step and query until then. The rest is
  // noise of the engine's own bookkeeping, up to 270 kB were seen; the step records alone would be a megabyte.
  expect(await growth(3, false)).toBeLessThan(16 * 3 * (STEPS - EARLY) + 400_000);
});

test('the series of all steps are the exception', async () => {
  // Three numbers per step and query, less the noise.
  expect(await growth(12, true)).toBeGreaterThan(3 * 8 * 12 * (STEPS - EARLY) - 250_000);
});
