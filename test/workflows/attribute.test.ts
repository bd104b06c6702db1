/** From a model and inputs to a folder: what is refused, and what the options do. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { readNpyFile } from '../../src/data/npy/file.js';
import { InputError } from '../../src/errors.js';
import { METHODS } from '../../src/explain/attribution/methods/registry.js';
import { GraphBuilder } from '../../src/graph/builder.js';
import { BATCH } from '../../src/graph/values.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { float32 } from '../../src/tensor.js';
import { attributeToFolder, type AttributeFolderRequest } from '../../src/workflows/attribute.js';
import { paperText } from '../helpers/pages/page-text.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runtime } from '../helpers/run-model.js';

const folder = temporaryFolder();
const network = (name: string) => `test/fixtures/attribution/${name}.onnx`;
let outputs = 0;

async function explain(request: Partial<AttributeFolderRequest>) {
  const out = join(folder, `out-${outputs++}`);
  const result = await attributeToFolder({
    modelPath: network('lenet'),
    inputs: ['fashion-mnist-sample@3'],
    methods: ['gradient'],
    out,
    runtime,
    ...request,
  });
  return { out, result, page: readFileSync(join(out, 'index.html'), 'utf8') };
}

test('an image file, and its shape and normalization', async () => {
  const path = join(folder, 'photo.png');
  const pixels = Buffer.from(Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 37) % 256));
  await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toFile(path);
  const request = { modelPath: network('vgg11'), inputs: [path], methods: ['input-x-gradient'] };
  const plain = await explain(request);
  const [query] = plain.result.queries;
  expect(query!.shape).toEqual([3, 32, 32]);
  expect(query!.truth).toBeUndefined();
  expect(query!.topClasses).toHaveLength(10);
  const scaled = await explain({ ...request, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
  expect(scaled.result.queries[0]!.output).not.toBe(query!.output);
  expect(plain.result.data.fingerprint).toBe(scaled.result.data.fingerprint);
  expect(existsSync(join(plain.out, 'query-0', 'input-x-gradient.png'))).toBe(true);
});

test('a baseline of black pixels leaves black pixels without a part', async () => {
  const normal = { mean: [0.3], std: [0.4] };
  const { result } = await explain({ methods: ['integrated-gradients'], baseline: 'black', ...normal });
  const zero = await explain({ methods: ['integrated-gradients'], ...normal });
  expect(result.options.baseline).toBe('black');
  expect(result.queries[0]!.expected).not.toBe(zero.result.queries[0]!.expected);
});

test('z^B finds the bounds of pixels itself', async () => {
  const first = { rules: { rule: 'zbox' } };
  const path = join(folder, 'zbox.json');
  writeFileSync(path, JSON.stringify({ 'conv1.weight': first.rules }));
  const normal = { methods: ['lrp'], rulesFile: path, mean: [0.5], std: [0.5] };
  const found = await explain(normal);
  const given = await explain({ ...normal, low: [-1], high: [1] });
  const other = await explain({ ...normal, low: [-3], high: [3] });
  const mapOf = async ({ out, result }: typeof found) =>
    (await readNpyFile(join(out, result.queries[0]!.file))).data as Float32Array;
  const map = await mapOf(given);
  const largest = Math.max(...map.map(Math.abs));
  const apart = async (from: typeof found) => {
    const values = await mapOf(from);
    return Math.max(...map.map((value, i) => Math.abs(value - values[i]!))) / largest;
  };
  // Of bounds that were found it is known that they enclose the input, so that sums are rounded otherwise.
  expect(await apart(found)).toBeLessThan(1e-5);
  expect(await apart(other)).toBeGreaterThan(1e-2);
});

test('hostile names are shown as text', async () => {
  const evil = join(folder, '<img src=x onerror=alert(1)>.png');
  await sharp({ create: { width: 28, height: 28, channels: 3, background: '#888' } })
    .png()
    .toFile(evil);
  const { page } = await explain({ inputs: [evil], channels: 1 });
  expect(page).not.toContain('<img src=x');
  expect(paperText(page)).toContain('<img src=x onerror=alert(1)>.png');
});

test('all methods are those that fit, with a word about the others and about further outputs', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', [BATCH, 1, 28, 28]);
  const weight = float32(
    Float32Array.from({ length: 784 * 3 }, (_, i) => Math.sin(i)),
    [784, 3],
  );
  const scores = g.rename(g.op('MatMul', [g.op('Flatten', [x]), g.initializer('w', weight)]), 'scores');
  g.output(scores, 'float32', [BATCH, 3]);
  g.output(g.rename(g.op('Relu', [scores]), 'more'), 'float32', [BATCH, 3]);
  const modelPath = join(folder, 'flat.onnx');
  writeFileSync(modelPath, encodeModel(g.model()));
  const notices: string[] = [];
  const request = { modelPath, settings: { steps: 5, samples: 2 }, onNotice: (line: string) => notices.push(line) };
  const { result } = await explain({ ...request, methods: ['all'] });
  expect(result.queries.map(({ method }) => method)).toEqual(
    METHODS.map(({ name }) => name).filter((name) => name !== 'grad-cam'),
  );
  expect(notices).toEqual([
    'the model has 2 outputs (scores, more): scores are read off more; name another with `output`',
    expect.stringMatching(/^grad-cam is left out: Grad-CAM needs a convolution/),
  ]);
  // What was asked for by name is not left out.
  await expect(explain({ ...request, methods: ['all', 'grad-cam'] })).rejects.toThrow('Grad-CAM needs a convolution');
});

describe('refused', () => {
  const lrp = { methods: ['lrp'] };
  const boxed = { ...lrp, settings: { composite: 'epsilon-gamma-box' } };
  const integrated = { methods: ['integrated-gradients'] };
  writeFileSync(join(folder, 'bad.json'), '{"conv1.weight": "zbax"}');
  writeFileSync(join(folder, 'torn.json'), '{"conv1"');
  writeFileSync(join(folder, 'list.json'), '["zbox"]');
  writeFileSync(join(folder, 'proto.json'), '{"conv1.weight": {"rule": "gamma", "__proto__": 1}}');
  writeFileSync(join(folder, 'twice.json'), '{"conv1.weight": "zbox", "conv1.bias": "gamma"}');
  writeFileSync(join(folder, 'below.json'), '{"conv1.weight": {"rule": "gamma", "gamma": -1}}');
  const file = (name: string) => join(folder, name);
  test.each<[Partial<AttributeFolderRequest>, RegExp]>([
    [{ target: '10' }, /`target` 10: expected predicted, true, or a class by name or number from 0 to 9$/],
    [{ target: 'Bog' }, /`target` Bog: expected .* the nearest are Bag/],
    [{ methods: ['lrq'] }, /`method` lrq: no such method; the nearest are lrp/],
    [{ methods: ['grad-cam'], layers: ['cnv1'] }, /layer "cnv1" does not exist here; the nearest are/],
    [{ methods: ['mim'] }, /`method` mim compares with the activations of a data set; name one with `data`/],
    [{ methods: ['integrated-gradients'], settings: { steps: 0 } }, /`steps` 0: expected a whole number from 1/],
    [{ methods: ['lrp'], settings: { composite: 'epsilon-plux' } }, /no such composite; the nearest are epsilon-plus/],
    [{ rulesFile: file('bad.json') }, /bad\.json, layer "conv1\.weight": no rule "zbax"; the nearest are zbox/],
    [{ rulesFile: file('torn.json') }, /torn\.json: not valid JSON/],
    [{ rulesFile: file('list.json') }, /list\.json: expected an object such as/],
    [{ rulesFile: file('none.json') }, /none\.json: no such file/],
    [{ ...boxed, low: [1, 2, 3] }, /rule zbox at .*\(Conv\): low has 3 numbers, expected 1$/],
    [{ ...boxed, low: [2], high: [-2] }, /rule zbox at .*\(Conv\): low 2 is above high -2; exchange them$/],
    [{ rulesFile: file('proto.json') }, /proto\.json, layer "conv1\.weight": rule gamma has no setting "__proto__"/],
    [{ ...lrp, rulesFile: file('twice.json') }, /"conv1\.weight" and "conv1\.bias" are one layer; give it one rule/],
    [{ rulesFile: file('below.json') }, /setting "gamma": expected a number from 0, found -1/],
    [{ ...integrated, settings: { steps: 1e6 } }, /`steps` 1000000: expected a whole number from 1 to 1000/],
    [{ ...integrated, baseline: 1e39 }, /by integrated-gradients is not finite; choose another `baseline`/],
    [{ methods: ['smooth-grad'], settings: { samples: 1e12 } }, /expected a whole number from 1 to 10000/],
    [
      { modelPath: network('vgg11') },
      /each example is 1×28×28, but the model takes 3×32×32; give `resize` 32x32 `channels` 3/,
    ],
    [{ modelPath: file('nothing.onnx') }, /nothing\.onnx: no such file/],
    [{ inputs: ['fashion-mnist-sample@5000'] }, /@5000: the test split holds/],
  ])('%j', async (request, message) => {
    const found: unknown = await explain(request).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(InputError);
    expect((found as InputError).message).toMatch(message);
    expect((found as InputError).message).not.toContain('\n');
  });
});
