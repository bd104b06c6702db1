/** `attribute` as users run it, on networks of scripts/fixtures/attribution/ and pictures of the bundled sample. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import sharp from 'sharp';
import { ByteReader } from '../../src/data/byte-reader.js';
import { readNpy } from '../../src/data/npy/decode.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { readResult } from '../../src/results/result-file.js';
import { float32, int64 } from '../../src/tensor.js';
import { runCommand } from '../helpers/command-line.js';
import { encodeNpy, encodeZip, temporaryFolder } from '../helpers/data-files.js';
import { readCsv } from '../helpers/read-csv.js';
import { paperText } from '../helpers/pages/page-text.js';
import { runIn } from '../helpers/in-process.js';

// Some of these run several commands one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const run = (...args: string[]) => runIn(folder, ['attribute', '--quiet', ...args]);
copyFileSync(fileURLToPath(new URL('../fixtures/attribution/lenet.onnx', import.meta.url)), join(folder, 'lenet.onnx'));
const lenet = ['--model', 'lenet.onnx', '--input', 'fashion-mnist-sample@3,17'];

async function npy(path: string) {
  const bytes = readFileSync(join(folder, path));
  return readNpy(new ByteReader(Readable.from([bytes])), bytes.length, path);
}

test('every method: a result, maps that sum as it says, pictures, a page', async () => {
  const flags = ['--method', 'all', '--steps', '10', '--samples', '4', '--out', 'all'];
  const { code, stdout, stderr } = await runCommand(['attribute', '--quiet', ...lenet, ...flags], folder);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/report: all\/index\.html/);
  const { queries, options } = await readResult(join(folder, 'all', 'result.json'), 'attribute');
  expect(options).toMatchObject({ steps: 10, composite: 'auto', target: 'predicted' });
  expect(queries.map(({ index, method }) => [index, method])).toHaveLength(16);
  for (const { shape, file, sum, target, predicted, method } of queries) {
    const map = await npy(join('all', file));
    expect(map.shape).toEqual(shape);
    expect(shape).toEqual(method === 'grad-cam' ? [28, 28] : [1, 28, 28]);
    const total = (map.data as Float32Array).reduce((all, value) => all + value, 0);
    // The sum in the result is the very same loop over the very same numbers.
    expect(total).toBe(sum);
    expect(target.class).toBe(predicted.class);
    const picture = await sharp(join(folder, 'all', file.replace('.npy', '.png'))).stats();
    expect(picture.isOpaque).toBe(true);
    expect(picture.entropy).toBeGreaterThan(0.5);
  }
  const page = paperText(readFileSync(join(folder, 'all', 'index.html'), 'utf8'));
  for (const text of [
    'What was it looking at?',
    'What speaks for',
    'It is blind to position',
    'All values together make',
  ]) {
    expect(page).toContain(text);
  }
  expect(readdirSync(join(folder, 'all', 'query-1'))).toContain('methods.png');
});

test('Grad-CAM of several layers, for a target by name, as JSON', async () => {
  const flags = ['--method', 'grad-cam', '--layer', 'conv1.weight,conv2.weight', '--target', 'Bag', '--json'];
  const { code, stdout } = await run(...lenet, ...flags, '--out', 'cam');
  expect(code).toBe(0);
  const { queries } = JSON.parse(stdout) as { queries: { method: string; layer: string; target: object }[] };
  expect(queries.map(({ method }) => method)).toEqual(Array(4).fill('grad-cam'));
  expect(new Set(queries.map(({ layer }) => layer)).size).toBe(2);
  for (const { target } of queries) expect(target).toEqual({ class: 8, label: 'Bag' });
});

test('LRP with rules of single layers from a file', async () => {
  writeFileSync(
    join(folder, 'rules.json'),
    JSON.stringify({ 'conv1.weight': 'zbox', 'fc1.weight': { rule: 'epsilon', epsilon: 0.25 } }),
  );
  const { code } = await run(...lenet, '--rules', 'rules.json', '--composite', 'epsilon-gamma-box', '--out', 'rules');
  expect(code).toBe(0);
  const { queries } = await readResult(join(folder, 'rules', 'result.json'), 'attribute');
  const rules = queries[0]!.ledger!.map(({ rule, op }) => `${op} ${rule}`);
  expect(rules.filter((text) => /^(Conv|Gemm)/.test(text))).toEqual([
    'Gemm epsilon',
    'Gemm epsilon',
    'Gemm epsilon',
    'Conv gamma',
    'Conv zbox',
  ]);
});

test('MIM: the grid of layers, with its numbers', async () => {
  copyFileSync(fileURLToPath(new URL('../../models/lenet.onnx', import.meta.url)), join(folder, 'fresh.onnx'));
  const flags = ['--method', 'mim', '--data', 'fashion-mnist-sample', '--examples', '150', '--out', 'mim'];
  const fresh = ['attribute', '--model', 'fresh.onnx', ...lenet.slice(2), ...flags];
  const { code, stdout } = await runIn(folder, fresh);
  expect(code).toBe(0);
  expect(stdout).toMatch(/layer: .* has the best places of the \d layers in the middle of the network/);
  const { queries, data } = await readResult(join(folder, 'mim', 'result.json'), 'attribute');
  expect(data.spec).toBe('fashion-mnist-sample');
  const { layers, ranking, compared, shares } = queries[0]!.layered!;
  expect(compared).toBe(150);
  expect(shares).toEqual([0.001, 0.013, 0.025]);
  expect(ranking).toHaveLength(layers.length + 1);
  for (const { file, influence } of layers) {
    expect((await npy(join('mim', file))).shape).toEqual([10, 1, 28, 28]);
    expect((await npy(join('mim', influence))).shape.length).toBeGreaterThan(0);
  }
  const units = layers.flatMap(({ strongest }) => strongest);
  const listed = units.flatMap(({ examples }) => examples!);
  expect(listed).toHaveLength(3 * units.length);
  const sample = await openDataset('fashion-mnist-sample', { onDemand: true });
  for (const { index, label, row } of listed) {
    // Of 5,000 every thirty-third or so was compared.
    expect(index).toBe(Math.floor((Math.ceil((index * 150) / 5000) * 5000) / 150));
    expect([label, row]).toEqual([sample.labels[index], index]);
  }
  const rows = readCsv(readFileSync(join(folder, 'mim', 'unit-examples.csv'), 'utf8'));
  expect(rows.filter(({ query }) => query === '0').map(({ index }) => Number(index))).toEqual(
    listed.map(({ index }) => index),
  );
  const page = paperText(readFileSync(join(folder, 'mim', 'index.html'), 'utf8'));
  expect(page).toContain('compared examples that activate it most');
  const plots = readdirSync(join(folder, 'mim', 'query-0')).filter((name) => name.endsWith('.png'));
  expect(plots.sort()).toEqual([
    'mim-layers-all.png',
    'mim-layers-negative.png',
    'mim-layers-positive.png',
    'mim-ranking.png',
    'mim.png',
  ]);
});

test('operators without an LRP rule are listed all at once, and passed by their gradient on request', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', 4]);
  const weight = (name: string, dims: number[]) =>
    g.initializer(
      name,
      float32(
        Float32Array.from({ length: dims[0]! * dims[1]! }, (_, i) => Math.sin(i)),
        dims,
      ),
    );
  const hidden = g.op('MatMul', [x, weight('w1', [4, 5])]);
  const odd = g.op('Sqrt', [g.op('Exp', [hidden])]);
  g.output(g.rename(g.op('MatMul', [odd, weight('w2', [5, 3])]), 'scores'), 'float32', ['batch', 3]);
  writeFileSync(join(folder, 'odd.onnx'), encodeModel(g.model()));
  const point = Float32Array.of(1, -1, 0.5, 2);
  writeFileSync(
    join(folder, 'points.npz'),
    encodeZip({
      'x.npy': { content: encodeNpy('<f4', [2, 4], Float32Array.of(...point, ...point)) },
      'y.npy': { content: encodeNpy('|u1', [2], Uint8Array.of(0, 1)) },
      'x_test.npy': { content: encodeNpy('<f4', [1, 4], point) },
      'y_test.npy': { content: encodeNpy('|u1', [1], Uint8Array.of(0)) },
    }),
  );
  const flags = ['--model', 'odd.onnx', '--input', 'points.npz@0', '--composite', 'epsilon', '--out', 'odd'];
  const refused = await run(...flags);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/operators without an LRP rule: .*\(Exp\); .*\(Sqrt\); give --fallback gradient/);
  const passed = await run(...flags, '--force', '--fallback', 'gradient');
  expect([passed.code, passed.stderr]).toEqual([0, '']);
  const { queries } = await readResult(join(folder, 'odd', 'result.json'), 'attribute');
  expect(queries[0]!.ledger!.map(({ op, rule }) => `${op} ${rule}`)).toContain('Sqrt gradient');
  expect(paperText(readFileSync(join(folder, 'odd', 'index.html'), 'utf8'))).toContain('element');
});

test.each([
  ['[positions, features]', [3, 2]],
  ['[features, positions]', [2, 3]],
  ['one number a position', [3]],
])('a text of %s: the map is added up for each token', async (_, dims) => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['batch', ...dims]);
  const size = dims.reduce((a, b) => a * b, 1);
  const weights = Float32Array.from({ length: size * 2 }, (__, i) => Math.cos(3 * i));
  const flat = g.op('Reshape', [x, g.initializer('flat', int64([-1, size]))]);
  g.output(g.rename(g.op('MatMul', [flat, g.initializer('w', float32(weights, [size, 2]))]), 'scores'), 'float32', [
    'batch',
    2,
  ]);
  writeFileSync(join(folder, 'text.onnx'), encodeModel(g.model()));
  const values = Float32Array.from({ length: size }, (__, i) => Math.sin(i + 1));
  const letters = Uint32Array.from('so=HYPE\u0000\u0000', (letter) => letter.codePointAt(0)!);
  const arrays = {
    'x.npy': encodeNpy('<f4', [2, ...dims], Float32Array.of(...values, ...values)),
    'y.npy': encodeNpy('|u1', [2], Uint8Array.of(0, 1)),
    'x_test.npy': encodeNpy('<f4', [1, ...dims], values),
    'y_test.npy': encodeNpy('|u1', [1], Uint8Array.of(0)),
    'tokens_test.npy': encodeNpy('<U3', [1, 3], letters),
  };
  writeFileSync(
    join(folder, 'text.npz'),
    encodeZip(Object.fromEntries(Object.entries(arrays).map(([name, content]) => [name, { content }]))),
  );
  const flags = ['--model', 'text.onnx', '--input', 'text.npz@0', '--target', '1', '--out', 'text', '--force'];
  const { code, stdout } = await runIn(folder, ['attribute', ...flags, '--method', 'input-x-gradient']);
  expect(code).toBe(0);
  const { queries } = await readResult(join(folder, 'text', 'result.json'), 'attribute');
  const places = dims[0] === 3 ? (i: number) => Math.floor((3 * i) / size) : (i: number) => i % 3;
  const expected = [0, 0, 0];
  values.forEach((value, i) => (expected[places(i)]! += value * weights[2 * i + 1]!));
  expect(queries[0]!.tokens!.map(({ token }) => token)).toEqual(['so=', 'HYP', 'E']);
  expect(queries[0]!.tokens!.map(({ relevance }) => relevance)).toBeAllClose(expected, { relative: 1e-5 });
  const strongest = expected.map(Math.abs).indexOf(Math.max(...expected.map(Math.abs)));
  expect(stdout).toContain(`strongest by input-x-gradient: “${['so=', 'HYP', 'E'][strongest]!}”`);
  const csv = readCsv(readFileSync(join(folder, 'text', 'tokens.csv'), 'utf8'));
  expect(csv.map(({ position, token }) => `${position} ${token}`)).toEqual(['0 so=', '1 HYP', '2 E']);
});

// What each message says is tested where it is made (test/workflows/attribute.test.ts).
test.each([
  [
    ['--target', '10'],
    /^onnx-explain: --target 10: expected predicted, true, or a class by name or number from 0 to 9/,
  ],
  [['--baseline', 'grey'], /^onnx-explain: --baseline grey: expected black, white or a number/],
  [['--shares', '0,2'], /^onnx-explain: --shares 0,2: expected percentages/],
])('%j: one line, exit code 2', async (flags, message) => {
  const { code, stdout, stderr } = await run(...lenet, ...flags, '--out', 'bad', '--force');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(message);
});
