/** What a trace holds does not grow with the number of steps. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { trace, TRACE_DEFAULTS, type TraceRequest } from '../../../src/explain/trace/trace.js';
import type { LayerLog } from '../../../src/explain/trace/trace-layer.js';
import { nodeRuntime } from '../../../src/runtime/node.js';
import { elementCount, float32 } from '../../../src/tensor.js';
import { flatSize, gaussian, linearCases, linearModel } from '../../helpers/linear-layers.js';

const linear = linearCases.find(({ name }) => name === 'Conv 3×3, padded, bias')!;
const { total: size, weight: weightSize } = flatSize(linear);
const EXAMPLES = 300;
const CLASSES = 4;
const CHUNK = 50;

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

/** A log that is made up while it is read, and looks at the memory near its end. */
function endlessLog(steps: number, look: () => Promise<void>): LayerLog {
  return {
    async *steps() {
      await Promise.resolve();
      for (let step = 1; step <= steps; step++) {
        const examples = Array.from({ length: 8 }, (_, i) => (step * 8 + i * CLASSES) % EXAMPLES);
        yield { step, epoch: 0, learningRate: 0.1, class: step % CLASSES, examples, ghosts: [], loss: 1 };
      }
    },
    async *deltas() {
      for (let first = 1; first <= steps; first += CHUNK) {
        if (first + CHUNK > steps) await look();
        yield { firstStep: first, count: CHUNK, data: gaussian(CHUNK * size, first, 0.01) };
      }
    },
    residual: () => Promise.resolve(new Float32Array(size)),
  };
}

async function heldNearTheEnd(steps: number, series: boolean): Promise<number> {
  let held = 0;
  const trained = gaussian(size, 2);
  const { model, layer } = linearModel(linear, trained);
  const { model: initial } = linearModel(linear, gaussian(size, 1));
  const request: TraceRequest = {
    runtime: nodeRuntime({ threads: 1 }),
    initial,
    trained: model,
    log: endlessLog(steps, async () => {
      held = await heldBytes();
    }),
    lastStep: steps,
    layers: [
      {
        layer,
        logged: {
          name: layer.name,
          tensors: [
            { name: 'weight', dims: linear.weightDims },
            { name: 'bias', dims: [size - weightSize] },
          ],
        },
      },
    ],
    labels: Int32Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES),
    classNames: ['a', 'b', 'c', 'd'],
    inputs: [0, 1, 2].map((i) => ({
      name: `input ${i}`,
      feeds: { x: float32(gaussian(elementCount(linear.inputDims), 20 + i), linear.inputDims) },
    })),
    options: { ...TRACE_DEFAULTS, steps: series },
  };
  const [query] = await trace(request);
  expect(query!.layers[0]!.examples.length).toBeGreaterThan(0);
  return held;
}

test('ten times the steps take no more memory', async () => {
  // The first run warms up the engine.
  await heldNearTheEnd(500, false);
  const short = await heldNearTheEnd(500, false);
  const long = await heldNearTheEnd(5000, false);
  // Each class keeps its first 4,096 cosines and weights as they are: 16 bytes a step and query until then. The rest is
  // noise of the engine's own bookkeeping; the step records alone would be a megabyte.
  expect(long - short).toBeLessThan(16 * 3 * 4500 + 200_000);
});

test('the series of all steps are the exception', async () => {
  const short = await heldNearTheEnd(500, true);
  const long = await heldNearTheEnd(5000, true);
  expect(long - short).toBeGreaterThan(3 * 3 * 8 * 4500);
});
