/** Runs and models in a store are read as those on a disk are: to the same results, and no more of them than is needed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect } from '@jest/globals';
import { openLog } from '../../src/log/read/reader.js';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { storeOf } from '../../src/storage/registry.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { smallNetwork } from '../helpers/networks.js';
import { makeRun, readDeltas, writeRun } from '../log/helpers/training.js';
import { smallRun, type SmallRun } from '../helpers/small-run.js';
import { copyTo } from '../helpers/storage/copy.js';
import { hasMoto, onS3, settingsFor, startMoto, useStore } from '../helpers/storage/moto.js';
import { startProxy, type Proxy } from '../helpers/storage/proxy.js';

const folder = temporaryFolder();
const directory = temporaryFolder();
let run: SmallRun;
let proxy: Proxy;

beforeAll(async () => {
  if (!hasMoto) return;
  proxy = await startProxy(await startMoto(['runs']));
  useStore(proxy.endpoint);
  run = await smallRun(folder, { epochs: 2 }, 400);
  await copyTo(run.directory, 's3://runs/a/run');
});

const onStore = (args: string[]) => runCommand(args, folder, settingsFor(proxy.endpoint));

/** A file of results, without the names of runs. */
const result = (out: string, place: string) =>
  readFileSync(join(folder, out, 'result.json'), 'utf8').replaceAll(place, '…');

onS3('a run is traced to the same result', async () => {
  const flags = ['--input', `${run.dataSpec}@3,5`, '--top-k', '3', '--quiet'];
  expect(await onStore(['trace', run.directory, ...flags, '--out', 'disk'])).toMatchObject({ code: 0, stderr: '' });
  expect(await onStore(['trace', 's3://runs/a/run', ...flags, '--out', 's3'])).toMatchObject({ code: 0, stderr: '' });
  // Not by `toBe`, which would show both.
  expect(result('s3', 's3://runs/a/run') === result('disk', run.directory)).toBe(true);
});

onS3('a run is inspected and its log verified', async () => {
  const { code, stdout, stderr } = await onStore(['inspect', 's3://runs/a/run', '--verify']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('s3://runs/a/run');
});

onS3('one layer of a log takes its own bytes, and little more', async () => {
  const layers = Array.from({ length: 5 }, (_, i) => ({
    name: `layer ${i}`,
    tensors: [{ name: `weight ${i}`, dims: [256, 64] }],
  }));
  await writeRun(directory, makeRun(48, 1, layers), { perAppend: 24, sealAfter: [24], codec: 'int8' });
  await copyTo(directory, 's3://runs/sizes');
  const local = await openLog(directory);
  proxy.passed.length = 0;
  const log = await openLog('s3://runs/sizes');
  // One listing, and both ends of each segment.
  expect(proxy.passed).toHaveLength(1 + 2 * log.segments.length);
  expect(await readDeltas(log, 'layer 3')).toEqual(await readDeltas(local, 'layer 3'));
  const files = await storeOf('s3://runs').files('s3://runs/sizes/log');
  const own = [...files].filter(([path]) => path.endsWith(`/${log.layers[3]!.file}.log`));
  const size = own.reduce((sum, [, file]) => sum + file.size, 0);
  // The listing above is the last that has passed.
  const transferred = proxy.passed.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(size).toBeGreaterThan(500_000);
  expect(transferred / size).toBeGreaterThan(1);
  expect(transferred / size).toBeLessThan(1.02);
  expect(proxy.passed.every(({ method }) => method === 'GET')).toBe(true);
});

onS3('a model is read with the weights that lie beside it', async () => {
  const model = smallNetwork();
  await writeModelFile('s3://runs/models/small.onnx', model, true);
  expect([...(await storeOf('s3://runs').files('s3://runs/models')).keys()]).toEqual(['small.onnx', 'small.onnx.data']);
  await writeModelFile(join(folder, 'whole.onnx'), (await readModelFile('s3://runs/models/small.onnx')).model);
  await writeModelFile(join(folder, 'as-it-was.onnx'), smallNetwork());
  expect(readFileSync(join(folder, 'whole.onnx'))).toEqual(readFileSync(join(folder, 'as-it-was.onnx')));
});

onS3('what changes while it is read is not read on', async () => {
  await copyTo(run.directory, 's3://runs/changing');
  const log = await openLog('s3://runs/changing');
  const { file, name } = log.layers.at(-1)!;
  const path = `s3://runs/changing/log/segment-00000/${file}.log`;
  const bytes = await storeOf(path).read(path);
  await storeOf(path).write(path, bytes.with(100, bytes[100]! ^ 1));
  await expect(
    (async () => {
      for await (const { count } of log.stored(name)) expect(count).toBeGreaterThan(0);
    })(),
  ).rejects.toThrow(/\.log: was replaced while it was read; try again$/);
});

onS3('what is no run, and what is damaged, is a line', async () => {
  expect(await onStore(['trace', 's3://runs/nothing', '--input', 'x.png', '--out', 'no'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^[^\n]*s3:\/\/runs\/nothing: not a run directory \(no readable run\.json\); .*\n$/),
  });
  const [path] = [...(await storeOf('s3://runs').files('s3://runs/changing')).keys()].filter((name) =>
    name.endsWith('seal.log'),
  );
  await storeOf('s3://runs').remove(`s3://runs/changing/${path}`);
  expect(await onStore(['inspect', 's3://runs/changing', '--verify'])).toMatchObject({ code: 2 });
});
