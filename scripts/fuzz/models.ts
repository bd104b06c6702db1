/**
 * Mutated models against the commands that read one.
 * Run: npx tsx scripts/fuzz/models.ts --count 200 --seed 1 (see harness.ts)
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { decodeModel } from '../../src/onnx/codec.js';
import { feedsOf, graphOf, toNumber } from '../../src/onnx/model.js';
import type { Random } from '../../src/numeric/random.js';
import { encodeNpz } from './encode-npz.js';
import { fuzz } from './harness.js';
import { mutate } from './mutate-model/mutate.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const FOLDERS = ['models', 'test/fixtures/onnx', 'test/fixtures/attribution', 'test/fixtures/check'];
const ARCHIVES = ['test/fixtures/exporters.zip'];

/** Larger ones would make the fuzzer slow, not better. */
const LARGEST = 300_000;

const METHODS = ['gradient', 'lrp', 'grad-cam', 'integrated-gradients', 'smooth-grad', 'all'];

const corpus = [
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.onnx'))
      .sort()
      .map((name) => readFileSync(join(ROOT, folder, name))),
  ),
  ...ARCHIVES.flatMap((archive) =>
    Object.entries(unzipSync(readFileSync(join(ROOT, archive))))
      .filter(([name]) => name.endsWith('model.onnx'))
      .map(([, bytes]) => bytes),
  ),
].filter(({ length }) => length < LARGEST);

/** Four examples that fit the model as it was before it was mutated. */
function examplesFor(bytes: Uint8Array, random: Random): Uint8Array {
  const [feed] = feedsOf(graphOf(decodeModel(Uint8Array.from(bytes), 'a model of the corpus')));
  const tensor = feed?.type?.tensorType;
  const dims = (tensor?.shape?.dim ?? []).slice(1).map(({ dimValue }) => toNumber(dimValue));
  const shape = [4, ...dims.map((dim) => (dim > 0 && dim < 100 ? dim : 4))];
  const count = shape.reduce((product, dim) => product * dim, 1);
  const isFloat = tensor?.elemType === 1;
  const x = isFloat
    ? Float32Array.from({ length: count }, () => random.normal())
    : BigInt64Array.from({ length: count }, () => BigInt(random.below(3)));
  return encodeNpz({
    x: [isFloat ? '<f4' : '<i8', shape, x],
    y: ['<i8', [4], BigInt64Array.of(0n, 1n, 1n, 0n)],
  });
}

await fuzz({
  name: 'models',
  async play({ random, run }) {
    const original = corpus[random.below(corpus.length)]!;
    writeFileSync('model.onnx', mutate(original, random));
    writeFileSync('data.npz', examplesFor(original, random));
    const common = ['--quiet', '--threads', '1'];
    const { code } = await run('inspect', 'model.onnx', ...common);
    // What inspect refuses, the others mostly do, in the same place.
    if (code === 2 && random.uniform() < 0.8) return;
    const method = METHODS[random.below(METHODS.length)]!;
    const input = ['--input', 'data.npz@0,1', '--input-split', 'train'];
    await run('attribute', '--model', 'model.onnx', ...input, '--method', method, '--out', 'attributed', ...common);
    const checked = ['check', 'model.onnx', '--baseline', 'baseline.json', '--data', 'data.npz'];
    await run(...checked, '--update-baseline', '--probes', '4', '--points', '2', ...common);
    await run(...checked.slice(0, 4), ...common);
    const training = ['--data', 'data.npz', '--epochs', '1', '--batch-size', '4', '--out', 'trained'];
    await run('train', '--model', 'model.onnx', ...training, ...common);
  },
});
