/** The models that the package brings along. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { encodeModel } from '../../src/onnx/codec.js';
import { readModelFile } from '../../src/onnx/file.js';
import { float32 } from '../../src/tensor.js';
import { create, type CreateOptions } from '../../src/zoo/create.js';
import { runModel } from '../helpers/run-model.js';

const folder = new URL('../../models/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
const options: Record<string, CreateOptions> = { mlp: { hidden: [32] } };

test('each is named in the README', () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(readme).toContain(`| \`${file}\` |`);
});

test.each(files)('%s is what the zoo makes of it, and runs', async (file) => {
  const path = fileURLToPath(new URL(file, folder));
  const name = file.replace('.onnx', '');
  expect(Buffer.compare(readFileSync(path), encodeModel(create(name, options[name])))).toBe(0);
  const { model } = await readModelFile(path);
  const input = float32(new Float32Array(2 * 784).fill(0.5), [2, 1, 28, 28]);
  expect((await runModel(model, { input })).logits!.dims).toEqual([2, 10]);
});
