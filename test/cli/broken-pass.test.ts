/** A pass that breaks a model is named, wherever ONNX Runtime meets what it left. */
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { PASSES } from '../../src/graph/passes/list.js';
import type { Pass } from '../../src/graph/passes/pass.js';
import { cloneModel } from '../../src/onnx/codec.js';
import { graphOf } from '../../src/onnx/model.js';
import { encodeNpz, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const passes = PASSES as Pass[];
const untouched = [...passes];

/** Takes an operand away from every Gemm, which no ONNX Runtime loads. */
const broken: Pass = {
  name: 'broken-on-purpose',
  apply: (model) => {
    const copy = cloneModel(model);
    for (const node of graphOf(copy).node) if (node.opType === 'Gemm') node.input = node.input.slice(0, 1);
    return copy;
  },
};

beforeAll(async () => {
  expect((await runHere(['create', 'mlp', '--input-shape', '6', '--classes', '2', '--out', at('m.onnx')])).code).toBe(
    0,
  );
  const x: [string, readonly number[], ArrayBufferView] = ['<f4', [12, 6], new Float32Array(72).fill(0.5)];
  const y: typeof x = ['|u1', [12], Uint8Array.from({ length: 12 }, (_, i) => i % 2)];
  writeFiles(folder, { 'data.npz': encodeNpz({ x, y, x_test: x, y_test: y }) });
});

afterEach(() => void passes.splice(0, passes.length, ...untouched));

test.each([
  ['first', 0],
  ['in the middle', 9],
  ['last', untouched.length],
])('%s: attribute and train refuse the model, and inspect shows it, with the name of the pass', async (_, place) => {
  passes.splice(place, 0, broken);
  const blame =
    /^onnx-explain: (\S*m\.onnx: )?the pass "broken-on-purpose" breaks the model \(ONNX Runtime refuses the model: .*\), which ONNX Runtime loads as it was exported; that is a bug of ours: please report it\n$/;
  const model = ['--model', at('m.onnx')];
  for (const command of [
    ['attribute', ...model, '--input', `${at('data.npz')}@0`, '--out', at('why')],
    ['train', ...model, '--data', at('data.npz'), '--out', at('run')],
  ]) {
    const { code, stderr } = await runHere([...command, '--quiet', '--threads', '1']);
    expect([code, stderr.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toMatch(blame);
  }
  const { code, stdout } = await runHere(['inspect', at('m.onnx')]);
  expect([code, stdout]).toEqual([0, expect.stringContaining('the pass "broken-on-purpose" breaks the model')]);
  const { stderr } = await runHere([
    'attribute',
    ...model,
    '--input',
    `${at('data.npz')}@0`,
    '--out',
    at('why'),
    '--debug',
  ]);
  expect(stderr).toMatch(/^pass [a-z-]+: \d+\.\d ms/m);
  expect(stderr).toMatch(/^caused by .*ONNX Runtime refuses the model/m);
});
