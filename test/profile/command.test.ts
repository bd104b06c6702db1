/** `--profile` as users type it: what the layers and operators of a command took. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { graphOf } from '../../src/onnx/model.js';
import type { GraphProfile, Profile } from '../../src/profile/profile.js';
import { thisProcess } from '../../src/run/process-identity.js';
import { runCommand, startCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { writeFashion } from '../helpers/fashion.js';
import { contentsOf } from '../helpers/folders.js';
import { runIn } from '../helpers/in-process.js';
import { tinyCnn } from '../helpers/networks.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const TRAIN = ['train', '--model', 'tiny.onnx', '--data', 'data', '--epochs', '2', '--batch-size', '50'];

/** Where the command keeps its files meanwhile. */
const TEMPORARY = { TMPDIR: at('temporary') };

beforeAll(async () => {
  mkdirSync(at('temporary'));
  await writeModelFile(at('tiny.onnx'), tinyCnn());
  await writeFashion(at('data'));
});

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** What must hold of every graph: parts add up, and none takes longer than the whole. */
function expectConsistent({ seconds, graphs }: Profile): void {
  for (const graph of graphs) {
    expect(graph.kernels).toBeCloseTo(sum(graph.entries.map((entry) => entry.seconds)), 9);
    expect(graph.recordedCalls).toBeLessThanOrEqual(graph.calls);
  }
  expect(sum(graphs.map((graph) => graph.seconds))).toBeLessThanOrEqual(seconds);
}

const layersOf = ({ entries }: GraphProfile, part: string) =>
  new Set(entries.flatMap((entry) => (entry.part === part ? [entry.layer] : [])));

test('train says what each layer took in each part of a step, trains the same, and leaves no recording behind', async () => {
  const { code, stdout, stderr } = await runCommand(
    [...TRAIN, '--out', 'run', '--profile', '--json', '--quiet', '--threads', '1'],
    folder,
    TEMPORARY,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { profile, steps } = JSON.parse(stdout) as { profile: Profile; steps: number };
  expectConsistent(profile);
  const training = profile.graphs.find(({ graph }) => graph === 'training')!;
  expect(steps).toBe(12);
  expect(training.recordedSteps).toBe(steps);
  // Each kernel is between the beginning and the end of a call.
  expect(training.kernels).toBeLessThan(training.running);
  expect(training.kernels).toBeGreaterThan(0.2 * training.running);

  const { model } = await readModelFile(at('tiny.onnx'));
  const nodes = graphOf(model).node.map(({ name }) => name);
  const weighted = graphOf(model).node.flatMap(({ name, opType }) => (/Conv|Gemm/.test(opType) ? [name] : []));
  expect([...layersOf(training, 'backward')].filter((layer) => !nodes.includes(layer))).toEqual([]);
  for (const part of ['backward', 'optimizer', 'log']) {
    expect([...layersOf(training, part)]).toEqual(expect.arrayContaining(weighted));
  }
  expect(layersOf(training, 'loss')).toEqual(new Set(['']));
  // The gradient of a layer's weight is a product, once a step.
  const products = training.entries.filter(
    ({ part, layer, operator }) => part === 'backward' && layer === weighted.at(-1) && /Gemm|MatMul/.test(operator),
  );
  expect(sum(products.map(({ calls }) => calls))).toBe(2 * steps);

  expect(readdirSync(at('temporary'))).toEqual([]);
  const plain = await runCommand([...TRAIN, '--out', 'plain', '--quiet', '--threads', '1'], folder);
  expect(plain.code).toBe(0);
  expect(contentsOf(at('plain'))['model.onnx']).toBe(contentsOf(at('run'))['model.onnx']);
}, 60_000);

test('what a process that was killed leaves behind, the next one takes away', async () => {
  const temporary = (name: string) => join(at('temporary'), `onnx-explain-profile-${name}`);
  const [others, living, file] = [temporary('others'), temporary('living'), temporary('file')];
  for (const name of [others, living]) mkdirSync(name);
  writeFileSync(join(living, 'owner.json'), JSON.stringify(thisProcess()));
  writeFileSync(file, '');
  const kept = [others, living, file].map((path) => basename(path)).sort();

  const endless = TRAIN.map((word) => (word === '2' ? '100000' : word));
  const training = startCommand([...endless, '--out', 'killed', '--profile'], folder, TEMPORARY);
  const owners = () =>
    readdirSync(at('temporary'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('owner.json'));
  while (training.process.exitCode === null && owners().length < 2) await sleep(20);
  training.process.kill('SIGKILL');
  await training.ended;
  expect(readdirSync(at('temporary'))).toHaveLength(kept.length + 1);
  const query = ['--model', 'run/model.onnx', '--input', 'data@0', '--out', 'swept', '--force'];
  // The system takes a moment.
  for (let waited = 0; waited < 5000 && readdirSync(at('temporary')).length > kept.length; waited += 100) {
    await sleep(100);
    const { code } = await runCommand(['attribute', ...query, '--profile'], folder, TEMPORARY);
    expect(code).toBe(0);
  }
  expect(readdirSync(at('temporary')).sort()).toEqual(kept);
}, 60_000);

test('factors of updates are counted as their layer’s log', async () => {
  const options = ['--codec', 'lowrank', '--rank', '2', '--out', 'factored', '--profile', '--json', '--quiet'];
  const { code, stdout } = await runIn(folder, [...TRAIN, ...options, '--threads', '1']);
  expect(code).toBe(0);
  const { profile } = JSON.parse(stdout) as { profile: Profile };
  const log = profile.graphs
    .find(({ graph }) => graph === 'training')!
    .entries.filter(({ part, operator }) => part === 'log' && /MatMul|Gemm/.test(operator));
  // Each has products of its own; only what makes the rows of all orthonormal is shared.
  const { model } = await readModelFile(at('tiny.onnx'));
  const weighted = graphOf(model).node.flatMap(({ name, opType }) => (/Conv|Gemm/.test(opType) ? [name] : []));
  expect([...new Set(log.map(({ layer }) => layer))]).toEqual(expect.arrayContaining(weighted));
});

test('people get tables, whose last line is the sum', async () => {
  const { code, stdout } = await runIn(folder, [...TRAIN, '--out', 'shown', '--profile', '--threads', '1']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^profile: of [\d.]+ s, ONNX Runtime ran graphs for [\d.]+ s and loaded them for [\d.]+ s$/m);
  expect(stdout).toMatch(
    /^training: 12 steps in \d calls?; [\d.]+ ms a step, [\d.]+ in kernels, [\d.]+ between them$/m,
  );
  expect(stdout).toMatch(/^layer +data +forward +loss +backward +optimizer +log( +other)? +ms a step +share$/m);
  expect(stdout).toMatch(/^operator +calls a step +ms a step +share$/m);
  const sums = [...stdout.matchAll(/^all .* ([\d.]+) +100\.0 %$/gm)].map(([, time]) => Number(time));
  expect(sums.length).toBeGreaterThanOrEqual(2);
  expect(sums[0]).toBe(sums[1]);
});

test('attribute and influence say what going back took', async () => {
  const query = ['--input', 'data@0', '--profile', '--json', '--quiet', '--threads', '1'];
  const ended = await runIn(folder, ['attribute', '--model', 'run/model.onnx', ...query, '--out', 'maps']);
  expect(ended.code).toBe(0);
  const { profile } = JSON.parse(ended.stdout) as { profile: Profile };
  expectConsistent(profile);
  const attribution = profile.graphs.find(({ graph }) => graph === 'attribution')!;
  expect(attribution.recordedSteps).toBeUndefined();
  expect(layersOf(attribution, 'backward').size).toBeGreaterThan(3);

  const influence = await runIn(folder, ['influence', 'run', ...query, '--out', 'influence']);
  expect(influence.code).toBe(0);
  const { profile: back } = JSON.parse(influence.stdout) as { profile: Profile };
  expectConsistent(back);
  expect(
    layersOf(
      back.graphs.find(({ graph }) => graph === 'step_back')!,
      'backward',
    ).size,
  ).toBeGreaterThan(3);
}, 60_000);

test('where nothing is recorded, one line says so', async () => {
  const { code, stdout, stderr } = await runIn(folder, [
    ...[...TRAIN, '--out', 'gpu', '--profile', '--execution-provider', 'webgpu'],
  ]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^onnx-explain: --profile: [^\n]+ leave out --execution-provider\n$/);
});
