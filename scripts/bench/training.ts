/**
 * Training a LeNet: PyTorch, ours without a log, and ours logging every update as int8, in turn in one run.
 *
 *   npm run build && npx tsx scripts/bench/training.ts [--python python3] [--data <fashion-mnist folder>] [--rounds 3]
 *
 * All take the same batches of 128 (the same data, SGD with momentum) with the same number of threads. A figure is the
 * time a step after the first call, so that start-up does not count; ratios are taken round by round.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { create } from '../../dist/zoo/create.js';
import { encodeModel } from '../../dist/onnx/codec.js';
import { nodeRuntime } from '../../dist/runtime/node.js';
import { TRAIN_DEFAULTS } from '../../dist/train/options.js';
import { startTraining } from '../../dist/workflows/train.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    data: { type: 'string', default: '../shared/data/fashion-mnist' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
  },
});
const threads = Number(values.threads);
const folder = mkdtempSync(join(tmpdir(), 'bench-training-'));
const modelPath = join(folder, 'lenet.onnx');
writeFileSync(modelPath, encodeModel(create('lenet', { seed: 1 })));

/** Milliseconds a step of our own training. */
async function ours(log: boolean): Promise<number> {
  const marks: { step: number; time: number }[] = [];
  await startTraining({
    modelPath,
    dataSpec: values.data,
    runDirectory: join(folder, 'run'),
    force: true,
    input: { mean: [0.5], std: [0.5] },
    options: { ...TRAIN_DEFAULTS, epochs: 1, sampler: 'shuffled', log, codec: 'int8' },
    runtime: nodeRuntime({ threads }),
    onProgress: ({ step, finished }) => {
      if (!finished) marks.push({ step, time: performance.now() });
    },
  });
  const [first, last] = [marks[0]!, marks.at(-1)!];
  return (last.time - first.time) / (last.step - first.step);
}

function torch(): number {
  const args = ['scripts/bench/training.py', values.data, String(threads)];
  return Number(execFileSync(values.python, args, { encoding: 'utf8' }).trim());
}

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const rows: { torch: number; plain: number; logged: number }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const row = { torch: torch(), plain: await ours(false), logged: await ours(true) };
  rows.push(row);
  const text = Object.entries(row).map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`);
  console.log(`round ${round + 1}: ${text.join(', ')} a step`);
}
console.log(`ours / PyTorch: ${median(rows.map((row) => row.plain / row.torch)).toFixed(2)}`);
console.log(`logging / not:  ${median(rows.map((row) => row.logged / row.plain)).toFixed(2)}`);
rmSync(folder, { recursive: true });
