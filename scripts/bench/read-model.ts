/**
 * What reading a large model costs, compared with reading its bytes.
 *
 * Usage: npx tsx scripts/bench/read-model.ts [megabytes]
 *
 * Writes a model of dense layers (500 MB by default) into a temporary folder, once whole and once with its
 * weights beside it, and opens it in fresh processes. Reported is the median of five: seconds on the clock and of the
 * processor (which other work on the machine does not stretch), and the most memory that the process held less what an
 * empty one holds.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { float32 } from '../../src/tensor.js';

const WIDTH = 2048;
const RUNS = 5;

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const TASKS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  bytes: (path) => readFile(path),
  model: (path) => readModelFile(path),
};

async function runTask(task: string, path: string): Promise<void> {
  const start = performance.now();
  const before = process.cpuUsage();
  const kept = await TASKS[task]!(path);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  const measured: Measured = { seconds, cpuSeconds, peakBytes: 1024 * process.resourceUsage().maxRSS };
  console.log(JSON.stringify({ ...measured, kept: kept !== undefined }));
}

function measure(task: string, path: string): Measured {
  const runs = Array.from({ length: RUNS }, () => JSON.parse(runAgain('task', task, path)) as Measured);
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: median(runs.map(({ peakBytes }) => peakBytes)),
  };
}

async function writeModels(directory: string, megabytes: number): Promise<void> {
  const g = new GraphBuilder();
  const layers = Math.max(1, Math.round((megabytes * 1e6) / (4 * WIDTH * WIDTH)));
  const weight = float32(
    Float32Array.from({ length: WIDTH * WIDTH }, (_, i) => Math.sin(i)),
    [WIDTH, WIDTH],
  );
  let value = g.input('input', 'float32', ['batch', WIDTH]);
  for (let i = 0; i < layers; i++) {
    const product = `product${i}`;
    g.add(makeNode('MatMul', [value, g.initializer(`weight${i}`, weight)], [product]));
    value = product;
  }
  g.output(value, 'float32', ['batch', WIDTH]);
  await writeModelFile(join(directory, 'whole.onnx'), g.model());
  await writeModelFile(join(directory, 'apart.onnx'), g.model(), true);
}

function runAgain(...args: string[]): string {
  return execFileSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...args]).toString();
}

function main(megabytes: number): void {
  const directory = mkdtempSync(join(tmpdir(), 'read-model-'));
  try {
    // In a process of its own: on Linux a process starts with the peak of the one that it was forked from.
    runAgain('write', directory, String(megabytes));
    const [whole, apart] = [join(directory, 'whole.onnx'), join(directory, 'apart.onnx')];
    const { size } = statSync(whole);
    const empty = measure('nothing', whole).peakBytes;
    const show = (what: string, { seconds, cpuSeconds, peakBytes }: Measured) => {
      const times = `${seconds.toFixed(2)} s, processor ${cpuSeconds.toFixed(2)} s`;
      console.log(`${what.padEnd(24)} ${times}, ${((peakBytes - empty) / size).toFixed(2)} × the file in memory`);
      return cpuSeconds;
    };
    console.log(`${(size / 1e6).toFixed(0)} MB, Node ${process.version}`);
    const bytes = show('bytes', measure('bytes', whole));
    const model = show('model', measure('model', whole));
    const external = show('model, weights beside', measure('model', apart));
    console.log(
      `processor: model / bytes ${(model / bytes).toFixed(2)}, weights beside / bytes ${(external / bytes).toFixed(2)}`,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const [mode = '500', first = '', second = ''] = process.argv.slice(2);
if (mode === 'task') await runTask(first, second);
else if (mode === 'write') await writeModels(first, Number(second));
else main(Number(mode));
