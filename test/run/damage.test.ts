/** Damage to a run is named, wherever it is, by what verifies the run, continues it or explains with it. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { inspectRun } from '../../src/inspect/inspect-run.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { graphOf } from '../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../src/onnx/tensor-proto.js';
import { canonicalJson } from '../../src/run/canonical-json.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import type { RunManifest } from '../../src/run/manifest.js';
import { sha256 } from '../../src/files.js';
import { traceToFolder } from '../../src/workflows/trace.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';
import { runtime } from '../helpers/training.js';
import { makeRuns, trainingIn } from '../helpers/runs/whole-run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const { dataSpec, start } = trainingIn(folder);

beforeAll(() => makeRuns(folder), 60_000);

let copies = 0;
function copy(of: 'whole' | 'stopped'): string {
  const name = at(`copy-${copies++}`);
  cpSync(at(of), name, { recursive: true });
  return name;
}

const filesOf = (run: string) =>
  readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(run, name)).isFile());

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[Math.floor(at * (bytes.length - 1))]! ^= 8;
  writeFileSync(path, bytes);
}

const trace = (run: string) =>
  traceToFolder({ runDirectory: run, inputs: [`${dataSpec}@0`], out: `${run}-trace`, runtime });

test('what is whole verifies, whether finished or stopped', async () => {
  for (const name of ['whole', 'stopped']) {
    const { checks } = await inspectRun(at(name), { verify: true });
    expect(checks!.every(({ passed }) => passed)).toBe(true);
  }
});

test('one flipped bit is named with its file, in each file of a run', async () => {
  for (const [i, file] of filesOf(at('whole')).entries()) {
    const run = copy('whole');
    flip(join(run, file), (i % 5) / 4);
    const message = await inputErrorOf(() => inspectRun(run, { verify: true }));
    expect({ file, message }).toEqual({ file, message: expect.stringContaining(file) });
    rmSync(run, { recursive: true });
  }
});

test('a stopped run is not continued with a flipped bit in any of its files', async () => {
  for (const [i, file] of filesOf(at('stopped')).entries()) {
    const run = copy('stopped');
    flip(join(run, file), (i % 4) / 3);
    const message = await inputErrorOf(() => start(run.slice(folder.length + 1), { resume: true }));
    expect({ file, message }).toEqual({ file, message: expect.stringContaining(file) });
    rmSync(run, { recursive: true });
  }
}, 60_000);

test.each(['initial.onnx', 'model.onnx', 'run.json', 'log/segment-00001/steps.log', 'log/segment-00000/conv1.log'])(
  'nothing is explained by a run with a flipped bit in its %s',
  async (file) => {
    const run = copy('whole');
    flip(join(run, file), 0.9);
    expect(await inputErrorOf(() => trace(run))).toContain(file);
  },
);

test('a file that is shorter is named with the byte where it ends', async () => {
  const run = copy('whole');
  truncateSync(join(run, 'model.onnx'), 1000);
  expect(await inputErrorOf(() => trace(run))).toMatch(
    /model\.onnx: byte 1000: has 1000 bytes, where \d+ were written/,
  );
});

test('a layer whose updates do not add up proves nothing: trace refuses it, verification names it', async () => {
  const run = copy('whole');
  const path = join(run, 'model.onnx');
  const { model } = await readModelFile(path);
  const weight = graphOf(model).initializer.find(({ name }) => name === 'fc2.weight')!;
  const tensor = decodeTensor(weight);
  const data = (tensor.data as Float32Array).map((value) => value + 0.01);
  Object.assign(weight, encodeTensor(weight.name, { ...tensor, data }));
  await writeModelFile(path, model);
  // Whoever changes a model on purpose can make its checksum fit too.
  const manifest = await readManifest(run);
  const bytes = readFileSync(path);
  const record = { path: 'model.onnx', bytes: bytes.length, sha256: sha256(bytes) };
  const files = manifest.files.map((file) => (file.path === 'model.onnx' ? record : file));
  await writeManifest(run, { ...manifest, files });
  expect(await inputErrorOf(() => trace(run))).toMatch(
    /layer "fc2": its logged updates do not add up .* prove nothing/,
  );
  const { checks } = await inspectRun(run, { verify: true });
  expect(checks!.filter(({ passed }) => !passed).map(({ tensor }) => tensor)).toEqual(['fc2.weight']);
});

type Editable = { -readonly [K in keyof RunManifest]: RunManifest[K] };

describe('an edited run.json', () => {
  /** Writes a changed manifest with a checksum that fits, as nothing but a mean hand would. */
  function reseal(run: string, change: (manifest: Record<string, unknown>) => void): void {
    const manifest = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as Record<string, unknown>;
    change(manifest);
    const rest = { ...manifest, checksum: undefined };
    const checksum = sha256(new TextEncoder().encode(canonicalJson(rest)));
    writeFileSync(join(run, 'run.json'), `${JSON.stringify({ ...rest, checksum }, null, 2)}\n`);
  }

  test('is refused for its checksum, be it only a space', async () => {
    const run = copy('whole');
    const text = readFileSync(join(run, 'run.json'), 'utf8');
    for (const changed of [text.replace('"seed": 5', '"seed": 6'), text.replace('"seed": 5', '"seed":  5')]) {
      writeFileSync(join(run, 'run.json'), changed);
      expect(await inputErrorOf(() => readManifest(run))).toMatch(
        /run\.json: was changed after it was written \(its checksum differs\); restore it from a copy$/,
      );
    }
  });

  test.each<[string, (manifest: Editable) => unknown, RegExp]>([
    ['a path out of the run', ({ checkpoints }) => (checkpoints[0]!.model = '../../x'), /checkpoints\[0\]\.model: not a file/],
    ['an absolute path', ({ files }) => (files[0]!.path = '/etc/passwd'), /files\[0\]\.path: not a file of a run/],
    ['a segment elsewhere', ({ segments }) => (segments[0]!.directory = '../log'), /segments\[0\]\.directory: not a segment/],
    ['a layer of a size that cannot be', ({ layers }) => ((layers[0]!.tensors[0] as unknown as { dims: number[] }).dims = [2 ** 30, 2 ** 30]), /more than/],
    ['a negative step', (manifest) => (manifest.steps = -1), /steps: /],
    ['steps beyond the log', (manifest) => (manifest.steps = 1e9), /no checkpoint is at step 1000000000/],
    ['half a step', (manifest) => (manifest.steps = 0.5), /steps: /],
    ['a list that is none', (manifest) => (manifest.epochs = {} as never), /epochs: expected Array/],
    ['nothing of the data', (manifest) => Reflect.deleteProperty(manifest, 'data'), /data: is missing/],
    ['another tool', (manifest) => (manifest.tool = { name: 'mine' as never, version: '1' }), /tool\.name: /],
    ['huge pictures', (manifest) => (manifest.input = { resize: { height: 1e9, width: 1e9 } }), /input\.resize\.height: /],
    ['columns that its format has not', (manifest) => Object.assign(manifest, { formatVersion: manifest.untraced ? 2 : 3, lowerings: undefined }), /the format does not go with `untraced`/],
    ['lowerings that its format has not', (manifest) => (manifest.formatVersion = 3), /the format does not go with `lowerings`/],
    ['a checkpoint of another step', ({ checkpoints }) => (checkpoints[0]!.step = 11), /the name of another step|out of order/],
  ])('with %s is refused by its place', async (_, change, message) => {
    const run = copy('whole');
    reseal(run, (manifest) => void change(manifest as Editable));
    for (const use of [() => inspectRun(run), () => trace(run)]) {
      const said = await inputErrorOf(use);
      expect(said).toMatch(message);
      expect(said).toContain('run.json: ');
    }
  }); // prettier-ignore

  test.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['a pit of brackets', '['.repeat(200_000)],
    ['text that is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['another tool’s', '{"tool":"mine","loss":0.1}'],
    ['a version that is no number', '{"kind":"run","formatVersion":"2"}'],
  ])('of %s is one line', async (_, text) => {
    const run = copy('whole');
    writeFileSync(join(run, 'run.json'), text);
    expect(await inputErrorOf(() => inspectRun(run))).toMatch(/run\.json: (not |was )/);
  });
});
