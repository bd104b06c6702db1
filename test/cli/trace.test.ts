/** `trace` as users run it. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { writeModelFile } from '../../src/onnx/file.js';
import { graphOf } from '../../src/onnx/model.js';
import { encodeTensor } from '../../src/onnx/tensor-proto.js';
import { readResult } from '../../src/results/result-file.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { float32 } from '../../src/tensor.js';
import { paperText } from '../helpers/pages/page-text.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { smallNetwork } from '../helpers/networks.js';
import { smallRun, type SmallRun } from '../helpers/small-run.js';

const folder = temporaryFolder();
let run: SmallRun;

beforeAll(async () => {
  run = await smallRun(folder, { epochs: 1 });
});

const trace = (...args: string[]) => runIn(folder, ['trace', run.directory, ...args]);

test('writes result.json, the report and its pictures', async () => {
  const flags = ['--input', `${run.dataSpec}@3,5`, '--out', 'why', '--top-k', '3', '--quiet'];
  const { code, stdout, stderr } = await runCommand(['trace', run.directory, ...flags], folder);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('report: why/index.html');
  const result = await readResult(join(folder, 'why', 'result.json'), 'trace');
  expect(result.split).toBe('exact');
  expect(result.queries.map(({ input }) => input)).toEqual([`${run.dataSpec}@3`, `${run.dataSpec}@5`]);
  expect(result.options).toMatchObject({
    similarity: 'dot',
    reference: 'full',
    'top-k': 3,
    bandwidth: 0.1,
    steps: false,
  });
  expect(result.queries[0]!.layers[0]!.examples).toHaveLength(3);
  const page = readFileSync(join(folder, 'why', 'index.html'), 'utf8');
  expect(result.options).toMatchObject({ contrast: true, references: 32 });
  expect(result.references).toMatchObject({ split: 'test' });
  expect(result.references!.indices).toHaveLength(32);
  for (const { layer, evidence } of result.queries[0]!.layers) {
    expect(page).toContain(layer);
    const { width, height } = await sharp(join(folder, 'why', 'query-0', layer, 'ridge.png')).metadata();
    expect(Math.min(width, height)).toBeGreaterThan(200);
    expect(existsSync(join(folder, 'why', 'query-0', layer, 'panel.png'))).toBe(evidence);
  }
});

test('any number of examples fits into a picture', async () => {
  const { code, stderr } = await trace('--input', `${run.dataSpec}@3`, '--out', 'many', '--top-k', '1000', '--quiet');
  expect([code, stderr]).toEqual([0, '']);
  const { queries } = await readResult(join(folder, 'many', 'result.json'), 'trace');
  const { examples, opponents } = queries[0]!.layers.at(-1)!;
  expect(examples.length + opponents.length).toBeGreaterThan(120);
  const { width, height } = await sharp(join(folder, 'many', 'query-0', 'fc2', 'panel.png')).metadata();
  expect(Math.max(width, height)).toBeLessThan(6000);
});

test('--json prints the result alone; flags reach it', async () => {
  const picture = join(folder, 'picture.png');
  const { data } = run.inputs[0]!;
  await sharp(data as Uint8Array, { raw: { width: 12, height: 12, channels: 1 } })
    .png()
    .toFile(picture);
  const flags = [
    '--layer',
    'fc2,0',
    '--similarity',
    'cosine',
    '--reference',
    'delta',
    '--bandwidth',
    'absolute:0.2',
    '--steps',
    '--no-contrast',
    '--references',
    '7',
    '--channels',
    '1',
  ];
  const { code, stdout, stderr } = await trace(
    '--input',
    picture,
    '--input',
    `${run.dataSpec}@0`,
    '--out',
    'json',
    '--json',
    '--quiet',
    ...flags,
  );
  expect([code, stderr]).toEqual([0, '']);
  const printed = JSON.parse(stdout) as unknown;
  const written = await readResult(join(folder, 'json', 'result.json'), 'trace');
  expect(printed).toEqual(written);
  expect(written.options).toMatchObject({
    layer: ['fc2', '0'],
    bandwidth: 'absolute:0.2',
    contrast: false,
    references: 7,
  });
  expect(written.queries[0]!.layers[0]!.examples[0]).not.toHaveProperty('contrast');
  const [fromFile, fromData] = written.queries;
  expect(fromFile!.layers.map(({ layer }) => layer)).toEqual(['conv1', 'fc2']);
  expect(fromFile!.layers[0]!.classes.map(({ ridge }) => ridge?.bandwidth)).toEqual([0.2, 0.2, 0.2, 0.2]);
  // The file holds the very pixels of the example.
  expect(fromFile!.layers).toEqual(fromData!.layers);
  expect(fromFile!.truth).toBeUndefined();
  expect(fromData!.truth?.class).toBe(0);
});

test.each([
  [['--input', 'nothing.png', '--out', 'a'], /nothing\.png: no such file/],
  [['--out', 'b'], /input/],
  [['--input', 'DATA@99', '--out', 'c'], /@99: the test split holds 40 examples/],
  [['--input', 'DATA@0', '--out', 'd', '--layer', 'conv9'], /layer "conv9" does not exist; the nearest are conv/],
  [['--input', 'DATA@0', '--out', 'e', '--bandwidth', '-1'], /--bandwidth -1: expected a number above 0/],
  [['--input', 'DATA@0', '--out', 'f', '--top-k', '0'], /--top-k 0: expected a whole number from 1/],
  [
    ['--input', 'DATA@0', '--out', 'h', '--references', '-1'],
    /--references -1: expected a whole number, or 0 for none/,
  ],
  [['--input', 'DATA@0', '--out', 'run'], /run: the folder is not empty/],
  [['--input', 'DATA@0', '--out', 'g', '--data', 'fashion-mnist-sample'], /not the data that .* was trained on/],
])('%j ends with code 2 and one line', async (args, message) => {
  const { code, stderr } = await trace('--quiet', ...args.map((arg) => arg.replace('DATA', run.dataSpec)));
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd()).not.toContain('\n');
  expect(code).toBe(2);
});

test('a network whose scores are their bias gets a line, and no shares', async () => {
  // No input lifts a unit of fc1 above 0, so that training moves the bias of the last layer and nothing else.
  const dead = smallNetwork();
  const { initializer } = graphOf(dead);
  const bias = initializer.findIndex(({ name }) => name === 'fc1.bias');
  initializer[bias] = encodeTensor('fc1.bias', float32(new Float32Array(24).fill(-1e4), [24]));
  await writeModelFile(join(folder, 'dead.onnx'), dead);
  const train = ['--data', run.dataSpec, '--epochs', '1', '--batch-size', '12', '--quiet'];
  expect((await runCommand(['train', '--model', 'dead.onnx', ...train, '--out', 'dead'], folder)).code).toBe(0);
  const input = ['--input', `${run.dataSpec}@3`, '--out', 'dead-why'];
  const { code, stdout } = await runCommand(['trace', 'dead', ...input], folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/the class scores are the bias of fc2: what this input adds is 0\.0 %/);
  expect(stdout).not.toContain('stands out');
  const { queries } = await readResult(join(folder, 'dead-why', 'result.json'), 'trace');
  expect(queries[0]!.undecided).toMatch(/^the class scores are the bias/);
  const page = readFileSync(join(folder, 'dead-why', 'index.html'), 'utf8');
  expect(paperText(page)).toContain('the class scores are the bias of fc2');
  expect(paperText(page)).not.toContain('What shaped each layer');
});

test('split in equal parts, a run of ordinary batches is told so and claims no class; split exactly, it does', async () => {
  const train = ['--model', 'small.onnx', '--data', run.dataSpec, '--epochs', '1', '--batch-size', '12', '--quiet'];
  expect((await runCommand(['train', ...train, '--out', 'ordinary'], folder)).code).toBe(0);
  const { options } = await readManifest(join(folder, 'ordinary'));
  expect(options).toMatchObject({ sampler: 'shuffled', ghostSize: 0 });
  const input = ['--input', `${run.dataSpec}@3`];
  const batch = await runCommand(
    ['trace', 'ordinary', ...input, '--split', 'batch', '--out', 'ordinary-batch'],
    folder,
  );
  expect(batch.code).toBe(0);
  expect(batch.stderr).toContain('The batches of this run mix classes.');
  const batchPage = readFileSync(join(folder, 'ordinary-batch', 'index.html'), 'utf8');
  expect(batchPage).toContain('The batches of this run mix classes.');
  expect(batchPage).not.toMatch(/Batches of [^.]* stand out most/);
  expect(batch.stdout).toMatch(/conv1 +mixed batches \(/);
  const equal = await readResult(join(folder, 'ordinary-batch', 'result.json'), 'trace');
  for (const { classes, mixed } of equal.queries[0]!.layers) {
    expect(classes.every(({ gamma, weight }) => gamma === 0 && weight === 0)).toBe(true);
    expect(mixed!.steps).toBe(14);
  }

  // Split exactly, as it is by default, the same steps belong to the classes of their examples.
  const { code, stdout, stderr } = await runCommand(['trace', 'ordinary', ...input, '--out', 'ordinary-why'], folder);
  expect(code).toBe(0);
  expect(stderr).not.toContain('mix classes');
  expect(stdout).toMatch(/by the predicted class +top example/);
  const page = readFileSync(join(folder, 'ordinary-why', 'index.html'), 'utf8');
  expect(page).toContain('Most influential training examples');
  const exact = await readResult(join(folder, 'ordinary-why', 'result.json'), 'trace');
  expect([equal.split, exact.split]).toEqual(['batch', 'exact']);
  exact.queries[0]!.layers.forEach(({ classes, norm }, l) => {
    const sum = classes.reduce((total, { gamma }) => total + gamma, 0);
    // The log is compressed to 8 bits here.
    expect(Math.abs(sum - equal.queries[0]!.layers[l]!.mixed!.gamma) / norm ** 2).toBeLessThan(0.01);
  });
});

test('a checkpoint that was changed is named, and nothing else explained instead', async () => {
  cpSync(run.directory, join(folder, 'changed'), { recursive: true });
  const { checkpoints } = await readManifest(join(folder, 'changed'));
  const path = join(folder, 'changed', checkpoints[0]!.state);
  const bytes = readFileSync(path);
  bytes[bytes.length - 5]! ^= 1;
  writeFileSync(path, bytes);
  for (const command of ['trace', 'influence']) {
    const { code, stderr } = await runIn(folder, [command, 'changed', '--input', `${run.dataSpec}@3`, '--out', 'x', '--quiet']); // prettier-ignore
    expect(stderr).toMatch(/^onnx-explain: changed.*: was changed after it was written \(its checksum differs\)/);
    expect(code).toBe(2);
  }
});
