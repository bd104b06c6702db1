/** A model that is read and written again is the same to the byte, whoever exported it. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { cloneModel, decodeModel, encodeModel } from '../../src/onnx/codec.js';
import { graphOf } from '../../src/onnx/model.js';
import { ARCHITECTURES } from '../../src/zoo/registry.js';
import { create } from '../../src/zoo/create.js';

const folder = new URL('../fixtures/onnx/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
const read = (name: string) => readFileSync(new URL(name, folder));

test.each(files)('%s', (name) => {
  const bytes = read(name);
  expect(Buffer.compare(encodeModel(decodeModel(bytes, name)), bytes)).toBe(0);
});

test.each(files)('a copy of %s is the same, and of its own', (name) => {
  const bytes = read(name);
  const model = decodeModel(bytes, name);
  const copy = cloneModel(model);
  expect(Buffer.compare(encodeModel(copy), bytes)).toBe(0);
  graphOf(copy).node.length = 0;
  for (const stored of graphOf(copy).initializer) stored.dims = [];
  copy.metadataProps.length = 0;
  expect(Buffer.compare(encodeModel(model), bytes)).toBe(0);
});

describe('fields that our schema does not know', () => {
  test('are kept, also in a copy', () => {
    const known = read('functions.onnx');
    // Field 1000 of the model, a text: what a later version of the format may add.
    const unknown = Buffer.concat([known, Buffer.from([0xc2, 0x3e, 3]), Buffer.from('new')]);
    const model = decodeModel(unknown, 'later.onnx');
    expect(Buffer.compare(encodeModel(model), unknown)).toBe(0);
    expect(Buffer.compare(encodeModel(cloneModel(model)), unknown)).toBe(0);
  });
});

test('models of the zoo', () => {
  for (const { name } of ARCHITECTURES.filter(({ inputShape }) => inputShape[0] === 1)) {
    const bytes = encodeModel(create(name));
    expect(Buffer.compare(encodeModel(decodeModel(bytes, name)), bytes)).toBe(0);
  }
});
