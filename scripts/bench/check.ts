/**
 * Time of a check beside the forward passes of its probes: ResNet-18 on 32 images of 224×224. The acceptance is a factor
 * of at most 6, with start-up (loading code and model) apart. Given twice: by the clock, and in time of the processor, which a
 * shared machine disturbs less.
 * Run: npx tsx scripts/bench/check.ts [edge of the images, 224] [data: probes from a data set, so that there are training points]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { readBaseline } from '../../src/check/baseline/file.js';
import { feedsFor } from '../../src/check/measure/feeds.js';
import { probesAgain } from '../../src/check/probes/probes.js';
import { runRows } from '../../src/check/measure/run-rows.js';
import { encodeNpy } from '../../src/data/npy/encode.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { seededRandom } from '../../src/numeric/random.js';
import { checkModel } from '../../src/check/check-model.js';
import type { CheckRequest } from '../../src/check/request.js';
import { updateBaseline } from '../../src/check/update-baseline.js';
import { create } from '../../src/zoo/create.js';

const edge = Number(process.argv[2] ?? 224);
const folder = mkdtempSync(join(tmpdir(), 'check-bench-'));
const runtime = nodeRuntime();
const model = create('resnet18', { inputShape: [3, edge, edge], classes: 1000 });
const modelPath = join(folder, 'resnet18.onnx');
const baselinePath = join(folder, 'baseline.json');
await writeModelFile(modelPath, model);

/** Milliseconds by the clock, and of the processor. */
interface Times {
  readonly wall: number;
  readonly cpu: number;
}
const now = (): Times => {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
};
const combine = (a: Times, b: Times, by: (x: number, y: number) => number): Times => ({
  wall: by(a.wall, b.wall),
  cpu: by(a.cpu, b.cpu),
});
const minus = (a: Times, b: Times) => combine(a, b, (x, y) => x - y);
const plus = (a: Times, b: Times) => combine(a, b, (x, y) => x + y);

/** A data set of noise: 32 training and 32 test images. */
function writeData(path: string): string {
  const random = seededRandom(1);
  const images = () => Float32Array.from({ length: 32 * 3 * edge * edge }, () => random.normal());
  const labels = Float32Array.from({ length: 32 }, (_, i) => i % 10);
  const entries = ['', '_test'].flatMap((suffix) => [
    [`x${suffix}.npy`, encodeNpy({ shape: [32, 3, edge, edge], data: images() })] as const,
    [`y${suffix}.npy`, encodeNpy({ shape: [32], data: labels })] as const,
  ]);
  writeFileSync(path, zipSync(Object.fromEntries(entries), { level: 0 }));
  return path;
}

const stages: [string, Times][] = [];
const request: CheckRequest = {
  ...{ modelPath, baselinePath, runtime },
  ...(process.argv[3] === 'data' ? { data: writeData(join(folder, 'data.npz')) } : {}),
  flags: {},
  onProgress: (what) => stages.push([what, now()]),
};
await updateBaseline(request);

const { probes: kept, signature, preprocessing } = await readBaseline(baselinePath);
const probes = await probesAgain(kept.source, signature.inputs);
const feeds = feedsFor(probes, signature.inputs, preprocessing);
const session = await runtime.createSession(encodeModel(model));
const forward = async () => {
  const began = now();
  await runRows(session, feeds, ['logits']);
  return minus(now(), began);
};
await forward();
const before = [await forward(), await forward()];
stages.length = 0;
const began = now();
const result = await checkModel(request);
const end = now();
const after = [await forward(), await forward()];
await session.release();
rmSync(folder, { recursive: true });

// A machine that others use is slower now than then: passes before and after stand for the time between.
const pass = [...before, ...after].reduce(plus);
const ratio = (time: Times) => combine(time, pass, (x, y) => x / (y / 4));
const spent = stages.map(([what, time], i) => ({ what, time: minus(stages[i + 1]?.[1] ?? end, time) }));
const loading = spent
  .filter(({ what }) => what.startsWith('loading'))
  .reduce((sum, { time }) => plus(sum, time), { wall: 0, cpu: 0 });
const measured = minus(minus(end, stages[0]?.[1] ?? began), loading);
const text = (time: Times) =>
  `${time.wall.toFixed(0)} ms, ×${ratio(time).wall.toFixed(2)} (processor ×${ratio(time).cpu.toFixed(2)})`;
console.log(`verdict ${result.verdict}; forward pass of ${probes.count} probes: ${(pass.wall / 4).toFixed(0)} ms`);
console.log(`check: ${text(minus(end, began))} in all`);
console.log(`start-up (files, loading into both runtimes, making up probes) apart: ${text(measured)}`);
for (const { what, time } of spent) console.log(`  ${what}: ${text(time)}`);
