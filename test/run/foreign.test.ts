/** Nothing that is not provably a run's is removed or written over, whatever a run.json says. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { unfinishedName } from '../../src/run/identity.js';
import { thisProcess } from '../../src/run/process-identity.js';
import { readManifest, writeManifest } from '../../src/run/manifest-file.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { makeRuns, trainingIn } from '../helpers/runs/whole-run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const { start } = trainingIn(folder);

beforeAll(() => makeRuns(folder), 60_000);

let count = 0;
const nameOf = (path: string) => path.slice(folder.length + 1);

function fill(run: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(run, name)), { recursive: true });
    writeFileSync(join(run, name), text);
  }
  return run;
}

const fresh = (files: Readonly<Record<string, string>>) => fill(at(`foreign-${count++}`), files);

function copy(of: 'whole' | 'stopped', files: Readonly<Record<string, string>> = {}): string {
  const run = at(`copy-${count++}`);
  cpSync(at(of), run, { recursive: true });
  return fill(run, files);
}

/** What `force` is refused with; nothing may have changed. */
async function refusedBegin(run: string, more = {}): Promise<string> {
  const before = contentsOf(run);
  const message = await inputErrorOf(() => start(nameOf(run), { force: true, ...more }));
  expect(contentsOf(run)).toEqual(before);
  expect(existsSync(join(run, 'train.lock'))).toBe(false);
  return message;
}

test.each<[string, Record<string, string>, RegExp]>([
  ['a run.json of another tool', { 'run.json': '{"tool":"mine"}', 'log/diary.txt': 'x', 'checkpoints/best.pt': 'w' }, /run\.json: not the manifest of a run of ours; nothing beside it is removed/],
  ['a run.json that is no JSON', { 'run.json': 'notes' }, /run\.json: not valid JSON/],
  ['a model by the name of a run’s', { 'model.onnx': 'mine' }, /model\.onnx: is in the way, and not what a run wrote there/],
  ['a segment of another log', { 'log/segment-00000/mine.txt': 'x' }, /segment-00000: is in the way/],
  ['a checkpoint of something else', { 'checkpoints/step-000010.onnx': 'x' }, /step-000010\.onnx: is in the way/],
])('`force` into a folder with %s is refused', async (_, files, message) => {
  expect(await refusedBegin(fresh(files))).toMatch(message);
}); // prettier-ignore

test('`force` takes an old run away and leaves what is not of it', async () => {
  const own = { 'notes.txt': 'a', 'log/diary.txt': 'b', 'checkpoints/best.pt': 'c', 'log/segment-00000/note.txt': 'd', 'model.onnx.bak': 'e' }; // prettier-ignore
  const run = copy('whole', own);
  await start(nameOf(run), { force: true }, 6);
  for (const [name, text] of Object.entries(own)) expect(readFileSync(join(run, name), 'utf8')).toBe(text);
  expect((await readManifest(run)).seed).toBe(6);
  for (const name of Object.keys(own)) rmSync(join(run, name));
  await start(nameOf(at('six')), {}, 6);
  expect(contentsOf(run)).toEqual(contentsOf(at('six')));
});

test('a file of a run that is no longer what it wrote is not removed', async () => {
  const run = copy('whole', { 'model.onnx': 'trained on by me' });
  expect(await refusedBegin(run)).toMatch(/model\.onnx: is in the way, and not what a run wrote there/);
});

test('a model that is read is not removed with the run that it lies in', async () => {
  const run = copy('whole');
  expect(await refusedBegin(run, { modelPath: join(run, 'model.onnx') })).toMatch(
    /model\.onnx: is read, and is part of the run/,
  );
});

test.each(['log', 'checkpoints'])('a symbolic link in the place of %s is not followed', async (name) => {
  for (const kind of ['whole', 'stopped'] as const) {
    const run = copy(kind);
    const elsewhere = at(`elsewhere-${count++}`);
    renameSync(join(run, name), elsewhere);
    symlinkSync(elsewhere, join(run, name));
    const before = contentsOf(elsewhere);
    const more = kind === 'whole' ? { force: true } : { resume: true };
    expect(await inputErrorOf(() => start(nameOf(run), more))).toMatch(
      /is a symbolic link, which may lead out of the run/,
    );
    expect(contentsOf(elsewhere)).toEqual(before);
  }
});

test('continuing a run leaves what is not of it, and refuses what is in its way', async () => {
  const own = {
    'notes.txt': 'a',
    'checkpoints/step-000001.onnx': 'b',
    'log/diary.txt': 'c',
    'run.json.0123abcd.part': 'd',
  };
  const run = copy('stopped', own);
  await start(nameOf(run), { resume: true });
  for (const [name, text] of Object.entries(own)) {
    expect(readFileSync(join(run, name), 'utf8')).toBe(text);
    rmSync(join(run, name));
  }
  expect(contentsOf(run)).toEqual(contentsOf(at('whole')));
  const last = (await readManifest(at('whole'))).checkpoints.at(-1)!.model;
  const blocked = copy('stopped', { [last]: 'mine' });
  expect(await inputErrorOf(() => start(nameOf(blocked), { resume: true }))).toMatch(
    /step-\d+\.onnx: is in the way, and not of this run; move it away/,
  );
  expect(readFileSync(join(blocked, last), 'utf8')).toBe('mine');
});

test('what was killed before its first manifest is begun again in its folder, without a trace of the first attempt', async () => {
  const { run: id } = await readManifest(at('whole'));
  const lock = JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 1, token: 'x', run: id });
  const run = fresh({ 'train.lock': lock, [unfinishedName(id, 'run.json')]: '{"half' });
  expect(await inputErrorOf(() => start(nameOf(run), { resume: true }))).toMatch(
    /the training was stopped before its first step.*begin it again/,
  );
  await start(nameOf(run));
  expect(contentsOf(run)).toEqual(contentsOf(at('whole')));
  // With a file of somebody's beside it, the folder is not empty.
  const shared = fresh({ 'train.lock': lock, 'notes.txt': 'mine' });
  expect(await inputErrorOf(() => start(nameOf(shared)))).toMatch(/the folder is not empty/);
  expect(readdirSync(shared).sort()).toEqual(['notes.txt', 'train.lock']);
});

test('what was killed between its first manifest and its first file is begun again as well', async () => {
  const run = copy('stopped');
  const manifest = await readManifest(run);
  for (const name of ['log', 'checkpoints', 'initial.onnx']) rmSync(join(run, name), { recursive: true });
  const none = { steps: 0, epochs: [], epochLoss: { sum: 0, steps: 0 }, checkpoints: [], segments: [] };
  await writeManifest(run, { ...manifest, ...none, files: manifest.files.slice(0, 1) });
  expect(await inputErrorOf(() => start(nameOf(run), { resume: true }))).toMatch(/stopped before its first step/);
  await start(nameOf(run));
  expect(contentsOf(run)).toEqual(contentsOf(at('whole')));
});
