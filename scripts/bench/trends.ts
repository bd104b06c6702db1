/**
 * What maps of 200 images cost at one step of a run, against a forward pass of the same images, with the weights fed at every
 * call as `trends` feeds them.
 *
 *   npx tsx scripts/bench/trends.ts [--threads 2] [--rounds 3] [--repeats 5] [--images 200] [--cpu]
 *     [--ledger] [--network simple-cnn] [--method lrp]
 *
 * Forward and methods take turns; of each round the least of its repeats counts, as other load only adds to it. With --cpu it is
 * the processor time of the process, which other load hardly changes: use it with one thread, as threads spin while they wait.
 */
import { parseArgs } from 'node:util';
import { openClassifier } from '../../src/classifier/open.js';
import type { FedWeights } from '../../src/explain/attribution/pass-context.js';
import { METHODS } from '../../src/explain/attribution/methods/registry.js';
import { ATTRIBUTION_DEFAULTS, type AttributionSettings } from '../../src/explain/attribution/settings.js';
import { valueInfo } from '../../src/graph/builder.js';
import { decodeModel, encodeModel } from '../../src/onnx/codec.js';
import { graphOf, type Model } from '../../src/onnx/model.js';
import { decodeTensor } from '../../src/onnx/tensor-proto.js';
import { seededRandom } from '../../src/numeric/random.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { elementCount, float32, type Tensor } from '../../src/tensor.js';
import { create } from '../../src/zoo/create.js';
import { architecture } from '../../src/zoo/registry.js';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    repeats: { type: 'string', default: '5' },
    images: { type: 'string', default: '200' },
    cpu: { type: 'boolean', default: false },
    ledger: { type: 'boolean', default: false },
    network: { type: 'string', multiple: true, default: ['simple-cnn', 'complex-cnn'] },
    method: { type: 'string', multiple: true, default: [] },
  },
});
const [threads, rounds, repeats, images] = [values.threads, values.rounds, values.repeats, values.images].map(
  Number,
) as [number, number, number, number];

/** What is measured beside the forward pass. */
const TASKS: Readonly<Record<string, { method: string; settings: Partial<AttributionSettings> }>> = {
  'lrp trends': { method: 'lrp', settings: { composite: 'trends' } },
  'lrp epsilon-plus-flat': { method: 'lrp', settings: { composite: 'epsilon-plus-flat' } },
  'grad-cam': { method: 'grad-cam', settings: {} },
  gradient: { method: 'gradient', settings: {} },
};

/** Milliseconds of a call. */
async function clock(call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  const start = performance.now();
  await call();
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return values.cpu ? (user + system) / 1000 : elapsed;
}

/** A model whose weights are inputs. */
function takingWeights(model: Model, weights: Readonly<Record<string, Tensor>>): Model {
  const changed = decodeModel(encodeModel(model), 'model');
  const graph = graphOf(changed);
  graph.initializer = graph.initializer.filter(({ name }) => weights[name] === undefined);
  for (const [name, { dims }] of Object.entries(weights)) graph.input.push(valueInfo(name, 'float32', dims));
  return changed;
}

async function measure(network: string): Promise<void> {
  const runtime = nodeRuntime({ threads });
  const model = create(network, { init: 'uniform' });
  const shape = architecture(network).inputShape;
  const explained = await openClassifier(model, { runtime, form: { shape }, keepWeights: true });
  const { name, dims } = explained.input;
  const random = seededRandom(0);
  const examples = Array.from({ length: images }, (_, index) => ({
    x: Float32Array.from({ length: elementCount(dims) }, () => 2 * random.uniform() - 1),
    target: index % 10,
    index,
  }));
  const all = new Float32Array(images * elementCount(dims));
  examples.forEach(({ x }, i) => all.set(x, i * x.length));
  const stored = graphOf(explained.model).initializer.filter(({ name }) => /\.(weight|bias)$/.test(name));
  const current = Object.fromEntries(stored.map((tensor) => [tensor.name, decodeTensor(tensor)]));
  const weights: FedWeights = { names: Object.keys(current), current: () => current };
  const forward = await runtime.createSession(encodeModel(takingWeights(explained.model, current)));
  const plain = await runtime.createSession(encodeModel(explained.model));
  const tasks: Record<string, () => Promise<unknown>> = {
    forward: () => forward.run({ ...current, [name]: float32(all, [images, ...dims]) }),
    'forward with stored weights': () => plain.run({ [name]: float32(all, [images, ...dims]) }),
  };
  for (const [task, { method, settings }] of Object.entries(TASKS)) {
    if (values.method.length > 0 && !values.method.some((wanted) => task.includes(wanted))) continue;
    const open = await METHODS.find((each) => each.name === method)!.open({
      runtime,
      explained,
      weights,
      ledger: values.ledger,
      settings: { ...ATTRIBUTION_DEFAULTS, bounds: { low: [-1], high: [1], encloses: true }, ...settings },
    });
    tasks[task] = () => open.attribute(examples);
  }
  for (const run of Object.values(tasks)) await run();
  for (let round = 0; round < rounds; round++) {
    const least = new Map<string, number>();
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [task, run] of Object.entries(tasks)) {
        least.set(task, Math.min(least.get(task) ?? Infinity, await clock(run)));
      }
    }
    const parts = [...least].map(
      ([task, ms]) => `${task} ${ms.toFixed(1)} ms (${(ms / least.get('forward')!).toFixed(2)} ×)`,
    );
    console.log(`${network}, ${images} images, ${threads} threads: ${parts.join(', ')}`);
  }
}

for (const network of values.network) await measure(network);
