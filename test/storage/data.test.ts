/** Data sets and inputs in a store are read as those on a disk are. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readInputs } from '../../src/data/input.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { storeOf } from '../../src/storage/registry.js';
import { runCommand } from '../helpers/command-line.js';
import { encodeImage, encodeNpz, encodeZip, temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { smallNetwork } from '../helpers/networks.js';
import { writePatterns } from '../helpers/small-run.js';
import { copyTo } from '../helpers/storage/copy.js';
import { hasMoto, onS3, settingsFor, startMoto, useStore } from '../helpers/storage/moto.js';
import { startProxy, type Proxy } from '../helpers/storage/proxy.js';

const folder = temporaryFolder();
let proxy: Proxy;

const IMAGES = ['images', 'images.zip', 'images.tar.gz'];

const CSV = `a,b,label\n${Array.from({ length: 40 }, (_, i) => `${i},${i * i},${i % 2 ? 'odd' : 'even'}`).join('\n')}\n`;

beforeAll(async () => {
  if (!hasMoto) return;
  proxy = await startProxy(await startMoto(['data']));
  useStore(proxy.endpoint);
  const images: Record<string, Uint8Array> = {};
  for (const split of ['train', 'test']) {
    for (const name of ['cat/1', 'cat/2', 'dog/1', 'dog/2']) {
      images[`${split}/${name}.png`] = await encodeImage('png', 12, 12, 1, Object.keys(images).length);
    }
  }
  const x = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
  const columns = [
    { name: 'a', data: Array.from({ length: 40 }, (_, i) => i * 1.5), type: 'DOUBLE' as const },
    { name: 'label', data: Array.from({ length: 40 }, (_, i) => `class ${i % 3}`), type: 'STRING' as const },
  ];
  writeFiles(folder, {
    'data.npz': encodeNpz({
      x: ['<f4', [20, 3], x],
      y: ['<i4', [20], Int32Array.from({ length: 20 }, (_, i) => i % 2)],
    }),
    'table.csv': CSV,
    'table.csv.gz': gzipSync(CSV),
    'table.parquet': new Uint8Array(parquetWriteBuffer({ columnData: columns })),
    'images.zip': encodeZip(
      Object.fromEntries(Object.entries(images).map(([name, content]) => [`images/${name}`, { content }])),
    ),
    ...Object.fromEntries(Object.entries(images).map(([name, bytes]) => [`images/${name}`, bytes])),
  });
  execFileSync('tar', ['czf', 'images.tar.gz', '-C', 'images', 'train', 'test'], { cwd: folder });
  writePatterns(join(folder, 'idx'), 60);
  await writeModelFile(join(folder, 'small.onnx'), smallNetwork());
  await copyTo(folder, 's3://data/sets');
});

onS3('each kind of data set is the same in both places', async () => {
  for (const name of ['data.npz', 'table.csv', 'table.csv.gz', 'table.parquet', ...IMAGES, 'idx']) {
    for (const split of ['train', 'test'] as const) {
      for (const onDemand of [false, true]) {
        const here = await openDataset(join(folder, name), { split, onDemand });
        const there = await openDataset(`s3://data/sets/${name}`, { split, onDemand });
        const facts = ({ fingerprint, length, shape, classNames, labels, name: called }: typeof here) =>
          //
          ({ fingerprint, length, shape, classNames, labels: [...labels], called });
        expect(facts(there)).toEqual(facts(here));
        expect(there.path).toBe(`s3://data/sets/${name}`);
        expect(await there.examples([1, 0])).toEqual(await here.examples([1, 0]));
        expect(there.origin(1)).toEqual(here.origin(1));
      }
    }
  }
});

onS3('what has an index is read in parts: an archive of arrays, of pictures, and a file of examples', async () => {
  const x = randomBytes(4_000_000);
  const name = 's3://data/large.npz';
  const arrays = encodeNpz({
    x: ['|u1', [40, 100_000], x],
    y: ['<i4', [40], Int32Array.from({ length: 40 }, (_, i) => i % 2)],
    other: ['|u1', [2_000_000], x.subarray(0, 2_000_000)],
  });
  await storeOf(name).write(name, arrays);
  proxy.passed.length = 0;
  expect((await openDataset(name)).length).toBeGreaterThan(0);
  const bytes = proxy.passed.reduce((sum, passed) => sum + passed.bytes, 0);
  expect(bytes).toBeLessThan(arrays.length);

  proxy.passed.length = 0;
  await readInputs(['s3://data/sets/idx@3,5']);
  const parts = proxy.passed.filter(({ range }) => range !== undefined && range !== 'bytes=0-1');
  expect(parts.map(({ bytes: each }) => each)).toContain(144);
});

onS3('examples and images are named by addresses', async () => {
  const inputs = await readInputs(['s3://data/sets/idx@3', 's3://data/sets/images/test/cat/1.png']);
  expect(inputs.map(({ name }) => name)).toEqual(['s3://data/sets/idx@3', 's3://data/sets/images/test/cat/1.png']);
  expect(inputs[1]!.folder).toBe('cat');
  const all = await readInputs(['s3://data/sets/images/test/cat']);
  expect(all.map(({ name }) => name)).toEqual([1, 2].map((i) => `s3://data/sets/images/test/cat/${i}.png`));
  await expect(readInputs(['s3://data/sets/nothing@3'])).rejects.toThrow(/^s3:\/\/data\/sets\/nothing: no such file/);
  await expect(readInputs(['s3://data/none.png'])).rejects.toThrow(/^s3:\/\/data\/none\.png: no such file or folder; /);
  await expect(openDataset('s3://nowhere/data.npz')).rejects.toThrow(
    /^s3:\/\/nowhere\/data\.npz: there is no such bucket/,
  );
});

onS3(
  'a model, its inputs, the baseline of a check and the results may all be in a store',
  async () => {
    const run = (args: string[]) => runCommand(args, folder, settingsFor(proxy.endpoint));
    const model = 's3://data/sets/small.onnx';
    const probes = ['--data', 's3://data/sets/idx', '--baseline', 's3://data/accepted/small.json'];
    expect(await run(['check', model, ...probes, '--update-baseline', '--force', '--quiet'])).toMatchObject({
      code: 0,
      stderr: '',
    });
    const checked = await run([
      'check',
      model,
      '--baseline',
      's3://data/accepted/small.json',
      '--out',
      's3://data/checked',
      '--quiet',
    ]);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(await storeOf(model).look('s3://data/checked/result.json')).toMatchObject({ kind: 'file' });
    const attribute = ['attribute', '--model', model, '--input', 's3://data/sets/idx@1', '--out', 'maps', '--quiet'];
    expect(await run(attribute)).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(folder, 'maps', 'result.json'), 'utf8')).toContain('"s3://data/sets/idx@1"');
  },
  120_000,
);
