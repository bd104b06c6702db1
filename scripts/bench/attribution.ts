/**
 * What an explanation of one 224 × 224 picture by a ResNet-18 costs, against a forward pass; captum and zennit beside it in
 * the same run; and MIM over 10,000 × 4,096 activations for one input.
 *
 *   npm run build && npx tsx scripts/bench/attribution.ts [--python python3] [--rounds 9] [--threads 2] [--model m.onnx]
 *
 * With --model (a ResNet-18 as `attribution.py export` writes it) Python is not needed, and the peers are left out.
 * Loading a model is not counted; figures are medians of rounds in which the tasks take turns.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openClassifier } from '../../src/classifier/open.js';
import { METHODS } from '../../dist/explain/attribution/methods/registry.js';
import { distances, influenceSum } from '../../dist/explain/attribution/mim/influence.js';
import type { Kernel } from '../../dist/explain/attribution/mim/kernels/kernel.js';
import { KERNELS } from '../../dist/explain/attribution/mim/kernels/registry.js';
import { ATTRIBUTION_DEFAULTS } from '../../dist/explain/attribution/settings.js';
import { readModelFile } from '../../dist/onnx/file.js';
import { seededRandom } from '../../dist/numeric/random.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { float32 } from '../../dist/tensor.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
    model: { type: 'string' },
  },
});
const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Median milliseconds of each task; the first round warms up. */
async function measure(tasks: Readonly<Record<string, () => Promise<unknown>>>): Promise<Record<string, number>> {
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(tasks)) {
      const start = performance.now();
      await run();
      if (round > 0) times.set(name, [...(times.get(name) ?? []), performance.now() - start]);
    }
  }
  return Object.fromEntries([...times].map(([name, found]) => [name, median(found)]));
}

function report(title: string, { forward, ...others }: Record<string, number>): void {
  const parts = Object.entries(others).map(
    ([name, ms]) => `${name} ${ms.toFixed(1)} ms (${(ms / forward!).toFixed(2)} ×)`,
  );
  console.log(`${title}: forward ${forward!.toFixed(1)} ms, ${parts.join(', ')}`);
}

async function ours(path: string): Promise<void> {
  const runtime = nodeRuntime({ threads });
  const { model } = await readModelFile(path);
  const explained = await openClassifier(model, { runtime, form: { shape: [3, 224, 224] } });
  const random = seededRandom(0);
  const x = Float32Array.from({ length: 3 * 224 * 224 }, () => random.normal());
  const plain = await runtime.createSession(readFileSync(path));
  const tasks: Record<string, () => Promise<unknown>> = {
    forward: () => plain.run({ [explained.input.name]: float32(x, [1, 3, 224, 224]) }),
  };
  const methods = {
    gradient: {},
    'grad-cam': {},
    lrp: {},
    'lrp epsilon-gamma-box': { composite: 'epsilon-gamma-box' },
  };
  for (const [name, options] of Object.entries(methods)) {
    const method = METHODS.find((each) => each.name === name.split(' ')[0])!;
    const settings = { ...ATTRIBUTION_DEFAULTS, ...options, bounds: { low: [-3], high: [3] } };
    const open = await method.open({ runtime, explained, settings });
    tasks[name] = () => open.attribute([{ x, target: 3, index: 0 }]);
  }
  report('onnx-explain', await measure(tasks));
}

/** Seconds of φ over all rows, read in chunks of 64 as the data set is streamed. */
function mim(rows: number, units: number): void {
  const random = seededRandom(1);
  const data = Float32Array.from({ length: rows * units }, () => random.uniform());
  const x = data.slice(0, units);
  const chunks = Array.from({ length: Math.ceil(rows / 64) }, (_, i) =>
    data.subarray(64 * i * units, 64 * (i + 1) * units),
  );
  for (const kernel of Object.values<Kernel>(KERNELS)) {
    const start = performance.now();
    const scale = kernel.scale?.(Float64Array.from(chunks.flatMap((chunk) => [...distances(x, chunk)]))) ?? 1;
    const sum = influenceSum(x, kernel, scale);
    for (const chunk of chunks)
      sum.add(
        chunk,
        Array.from({ length: chunk.length / units }, (_, row) => row % 3 > 0),
      );
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    console.log(`MIM, ${rows} × ${units} activations, kernel ${kernel.name}: ${seconds} s`);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'bench-attribution-'));
try {
  const script = 'scripts/bench/attribution.py';
  const path = values.model ?? join(folder, 'resnet18.onnx');
  if (values.model === undefined) execFileSync(values.python, [script, 'export', path], { stdio: 'ignore' });
  await ours(path);
  if (values.model === undefined) {
    const found = execFileSync(values.python, [script, 'measure', String(threads), String(rounds)], {
      encoding: 'utf8',
    });
    report('captum, zennit', JSON.parse(found) as Record<string, number>);
  }
  mim(10_000, 4096);
} finally {
  rmSync(folder, { recursive: true });
}
