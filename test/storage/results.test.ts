/** Results in a store: what a command writes on a disk, written by one command at a time, and nothing foreign touched. */
import { join } from 'node:path';
import { beforeAll, expect } from '@jest/globals';
import { openResultFolder } from '../../src/results/result-folder.js';
import { openSite } from '../../src/serve/open-site.js';
import { storeOf } from '../../src/storage/registry.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { smallRun, type SmallRun } from '../helpers/small-run.js';
import { contentsAt } from '../helpers/storage/copy.js';
import { hasMoto, onS3, settingsFor, startMoto, useStore } from '../helpers/storage/moto.js';

const folder = temporaryFolder();
let endpoint = '';
let run: SmallRun;

beforeAll(async () => {
  if (!hasMoto) return;
  endpoint = await startMoto(['results']);
  useStore(endpoint);
  run = await smallRun(folder, { epochs: 1 });
});

const onStore = (args: string[]) => runCommand(args, folder, settingsFor(endpoint));
const store = storeOf('s3://results');
const trace = (...args: string[]) =>
  onStore(['trace', run.directory, '--input', `${run.dataSpec}@3`, '--top-k', '3', '--quiet', ...args]);

onS3(
  'a result has the files that it has on a disk, may be written again, and be read',
  async () => {
    expect(await trace('--out', 'disk')).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await trace('--out', 's3://results/why');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('report: s3://results/why/index.html');
    const written = await contentsAt('s3://results/why');
    expect([...written.keys()]).toEqual(Object.keys(contentsOf(join(folder, 'disk'))).sort());
    for (const [name, bytes] of written) {
      const same = bytes.length === (await storeOf(folder).read(join(folder, 'disk', name))).length;
      expect([name, same]).toEqual([name, true]);
    }
    // No leftovers: of the probe, or of anything else.
    expect([...(await store.files('s3://results')).keys()].filter((name) => !name.startsWith('why/'))).toEqual([]);

    const fewer = await trace('--out', 's3://results/why', '--no-report');
    if (fewer.code === 0) expect(await store.look('s3://results/why/index.html')).toBeUndefined();
    expect(await trace('--out', 's3://results/why')).toMatchObject({ code: 0, stderr: '' });
    const page = await onStore(['report', 's3://results/why', '--out', 's3://results/page', '--quiet']);
    expect(page).toMatchObject({ code: 0, stderr: '' });
    expect(await store.look('s3://results/page/index.html')).toMatchObject({ kind: 'file' });
    const { site } = await openSite('s3://results/why', () => undefined);
    expect((await site.get('index.html')!.read())?.length).toBe(written.get('index.html')!.length);
  },
  120_000,
);

onS3('what is not ours is neither replaced nor removed', async () => {
  await store.write('s3://results/mixed/notes.txt', 'mine');
  expect(await trace('--out', 's3://results/mixed')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^[^\n]*s3:\/\/results\/mixed: the folder is not empty; choose another --out or give --force\n$/,
    ),
  });
  expect(await trace('--out', 's3://results/mixed', '--force')).toMatchObject({ code: 0 });
  expect(await trace('--out', 's3://results/mixed')).toMatchObject({ code: 2 });
  expect(new TextDecoder().decode(await store.read('s3://results/mixed/notes.txt'))).toBe('mine');
  expect(await trace('--out', 's3://nowhere/x')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/s3:\/\/nowhere\/x\S*: there is no such bucket; [^\n]*\n$/),
  });
});

onS3('of two commands that write into a folder at once, one does and the other has changed nothing', async () => {
  const path = 's3://results/both';
  const first = await openResultFolder(path, { force: false });
  const second = await openResultFolder(path, { force: false });
  await first.write('result.json', 'first');
  await expect(second.write('result.json', 'second')).rejects.toThrow(
    /^s3:\/\/results\/both: another command is writing a result into this folder; leave it to the other, or choose another `out`$/,
  );
  await expect(openResultFolder(path, { force: false })).rejects.toThrow(
    /^s3:\/\/results\/both: another command is writing a result into this folder, or was stopped while it did; /,
  );
  await first.write('plots/a.svg', 'a');
  await first.finish();
  expect([...(await contentsAt(path)).values()].map((bytes) => new TextDecoder().decode(bytes))).toEqual([
    expect.stringMatching(/^\{"kind":"files"(?!.*unfinished).*"result\.json".*"plots\/a\.svg"/),
    'a',
    'first',
  ]);

  // Written again: what the new result lacks is gone, and whoever was late is told.
  const again = await openResultFolder(path, { force: false });
  const late = await openResultFolder(path, { force: false });
  await again.write('result.json', 'again');
  await again.finish();
  await expect(late.write('result.json', 'late')).rejects.toThrow(/another command is writing/);
  expect([...(await contentsAt(path)).keys()]).toEqual(['manifest.json', 'result.json']);

  // Whoever was stopped has left a folder that can be written with `force`, and loses it then.
  const stopped = await openResultFolder(path, { force: false });
  await stopped.write('plots/b.svg', 'b');
  const forced = await openResultFolder(path, { force: true });
  await forced.write('result.json', 'forced');
  await expect(stopped.finish()).rejects.toThrow(/another command is writing/);
  await forced.finish();
});
