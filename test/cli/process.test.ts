/** The two processes of a command: what the first says when the second cannot, and that the second never stays behind. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { GraphBuilder, makeNode } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { isRunning, type ProcessIdentity } from '../../src/run/process-identity.js';
import { int64 } from '../../src/tensor.js';
import { runCommand, startCommand, type Running } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('native code that crashes is one line, exit code 2', async () => {
  const g = new GraphBuilder();
  g.input('x', 'float32', ['batch', 1, 4, 4]);
  for (const [name, number] of [
    ['from', 0],
    ['to', 2],
    ['axis', 2],
  ] as const) {
    g.initializer(name, int64([number]));
  }
  // The window is larger than the map; when ONNX Runtime 1.30 infers the slice of such a result, it ends the process.
  g.add(makeNode('MaxPool', ['x'], ['pooled'], { kernel_shape: [9, 9] }));
  g.add(makeNode('Slice', ['pooled', 'from', 'to', 'axis'], ['y']));
  g.output('y', 'float32', ['batch', 1, 2, 4]);
  writeFileSync(at('crash.onnx'), encodeModel(g.model()));
  const { code, stdout, stderr } = await runCommand(['inspect', 'crash.onnx'], folder);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(
    /^onnx-explain: inspect crash\.onnx[^\n]* crashed \(SIGABRT: Assertion [^\n]*--debug[^\n]*\n$/,
  );
});

/** A training that goes on for long. @returns it, and the process that does the work */
async function training(out: string): Promise<{ running: Running; worker: ProcessIdentity }> {
  const model = join(process.cwd(), 'models/mlp.onnx');
  const options = ['--data', 'fashion-mnist-sample', '--epochs', '1000', '--quiet'];
  const running = startCommand(['train', '--model', model, ...options, '--out', out], folder);
  const lock = at(`${out}/train.lock`);
  while (running.process.exitCode === null && !existsSync(lock)) await sleep(5);
  return { running, worker: JSON.parse(readFileSync(lock, 'utf8')) as ProcessIdentity };
}

test('whoever kills the process that was started ends both', async () => {
  const { running, worker } = await training('orphan');
  expect(isRunning(worker)).toBe(true);
  running.process.kill('SIGKILL');
  await running.ended;
  // The system takes a moment.
  for (let waited = 0; waited < 5000 && isRunning(worker); waited += 20) await sleep(20);
  expect(isRunning(worker)).toBe(false);
});

test('a worker that the system ends is named, one that is told to end passes it on', async () => {
  const killed = await training('killed');
  process.kill(killed.worker.pid, 'SIGKILL');
  const { code, stderr } = await killed.running.ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^onnx-explain: the system ended the process \(SIGKILL\), most likely for want of memory[^\n]*\n$/,
  );
  const told = await training('told');
  process.kill(told.worker.pid, 'SIGTERM');
  await told.running.ended;
  expect(told.running.process.signalCode).toBe('SIGTERM');
});
