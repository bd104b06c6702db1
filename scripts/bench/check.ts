/**
 * Time of a check beside the forward passes of its probes: ResNet-18 on 32 images of 224×224. The acceptance is a factor
 * of at most 6, with start-up (loading code and model) apart.
 * Run: npx tsx scripts/bench/check.ts [edge of the images, 224]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBaseline } from '../../src/check/baseline-file.js';
import { feedsFor, probesAgain } from '../../src/check/probes.js';
import { runRows } from '../../src/check/run-rows.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import { checkModel, updateBaseline, type CheckRequest } from '../../src/workflows/check.js';
import { create } from '../../src/zoo/create.js';

const edge = Number(process.argv[2] ?? 224);
const folder = mkdtempSync(join(tmpdir(), 'check-bench-'));
const runtime = nodeRuntime();
const model = create('resnet18', { inputShape: [3, edge, edge], classes: 1000 });
const modelPath = join(folder, 'resnet18.onnx');
const baselinePath = join(folder, 'baseline.json');
await writeModelFile(modelPath, model);
const stages: [string, number][] = [];
const request: CheckRequest = {
  ...{ modelPath, baselinePath, runtime },
  flags: {},
  onProgress: (what) => stages.push([what, performance.now()]),
};
await updateBaseline(request);

const { probes: kept, signature, preprocessing } = await readBaseline(baselinePath);
const probes = await probesAgain(kept.source, signature.inputs);
const feeds = feedsFor(probes, signature.inputs, preprocessing);
const session = await runtime.createSession(encodeModel(model));
const forward = async () => {
  const began = performance.now();
  await runRows(session, feeds, ['logits']);
  return performance.now() - began;
};
await forward();
const before = [await forward(), await forward()];
stages.length = 0;
const began = performance.now();
const result = await checkModel(request);
const end = performance.now();
const after = [await forward(), await forward()];
await session.release();
rmSync(folder, { recursive: true });

// A machine that others use is slower now than then: passes before and after stand for the time between.
const pass = [...before, ...after].reduce((sum, time) => sum + time, 0) / 4;
const spent = stages.map(([what, time], i) => ({ what, time: (stages[i + 1]?.[1] ?? end) - time }));
const loading = spent.filter(({ what }) => what.startsWith('loading')).reduce((sum, { time }) => sum + time, 0);
const measured = end - (stages[0]?.[1] ?? began) - loading;
const times = (time: number) => `${time.toFixed(0)} ms, ×${(time / pass).toFixed(2)}`;
console.log(`verdict ${result.verdict}; forward pass of ${probes.count} probes: ${pass.toFixed(0)} ms`);
console.log(`check: ${times(end - began)} in all`);
console.log(`start-up (files, loading into both runtimes, making up probes) apart: ${times(measured)}`);
for (const { what, time } of spent) console.log(`  ${what}: ${times(time)}`);
