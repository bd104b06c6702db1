/** Tables and archives from the first command to the last, as users type them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { seededRandom } from '../../src/numeric/random.js';
import { readResult } from '../../src/results/result-file.js';
import { runCommand } from '../helpers/command-line.js';
import { encodeImage, encodeZip, temporaryFolder, type ZipMember } from '../helpers/data-files.js';

// Each of these runs several processes one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, folder);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  return stdout + stderr;
}

/** Three kinds of flowers, 30 of each, that their measures tell apart. */
function flowers(): string {
  const random = seededRandom(1);
  const lines = Array.from({ length: 90 }, (_, i) => {
    const kind = i % 3;
    const measures = [5 + kind, 3.4 - kind / 3, 1.4 + 2 * kind, 0.2 + kind].map((mean) =>
      (mean + random.uniform() / 2).toFixed(2),
    );
    return [...measures, `garden ${i}`, ['setosa', 'versicolor', 'virginica'][kind]].join(',');
  });
  return `${['sepal length,sepal width,petal length,petal width,place,class', ...lines].join('\n')}\n`;
}

/** What every kind of data set goes through. */
async function explain(data: string, shape: string, classes: number): Promise<void> {
  await run(
    'create',
    'mlp',
    '--input-shape',
    shape,
    '--hidden',
    '8',
    '--classes',
    String(classes),
    '--out',
    'm.onnx',
    '--force',
  );
  const training = ['--epochs', '2', '--batch-size', '16', '--ghost-size', '0'];
  await run('train', '--model', 'm.onnx', '--data', data, '--out', 'run', '--force', ...training);
  const input = ['--input', `${data}@3`];
  await run('trace', 'run', ...input, '--out', 'why', '--force');
  await run(
    'representer',
    '--model',
    'run/model.onnx',
    '--data',
    data,
    ...input,
    '--out',
    'points',
    '--force',
    '--no-cache',
  );
  await run('influence', 'run', ...input, '--out', 'influence', '--force');
}

test('a table: rows are named where they are in the file', async () => {
  writeFileSync(join(folder, 'flowers.csv'), flowers());
  await explain('flowers.csv', '4', 3);
  const lines = readFileSync(join(folder, 'flowers.csv'), 'utf8').split('\n');
  const result = await readResult(join(folder, 'points', 'result.json'), 'representer');
  expect(result.classNames).toEqual(['setosa', 'versicolor', 'virginica']);
  const points = result.queries[0]!.excitatory;
  expect(points.length).toBeGreaterThan(0);
  for (const { row, label } of points) expect(lines[row! + 1]).toMatch(new RegExp(`,${result.classNames[label]!}$`));
});

test('a zip of pictures: files are named by their paths in it', async () => {
  const members: Record<string, ZipMember> = {};
  for (const split of ['train', 'test']) {
    for (const [k, name] of ['cat', 'dog'].entries()) {
      for (let i = 0; i < 16; i++) {
        members[`pets/${split}/${name}/${i}.png`] = {
          content: await encodeImage('png', 4, 4, 3, k * 100 + i),
          deflate: true,
        };
      }
    }
  }
  writeFileSync(join(folder, 'pets.zip'), encodeZip(members));
  await explain('pets.zip', '3,4,4', 2);
  const result = await readResult(join(folder, 'points', 'result.json'), 'representer');
  expect(result.classNames).toEqual(['cat', 'dog']);
  for (const { file } of result.queries[0]!.excitatory) expect(members).toHaveProperty([file!]);
});

test('what is wrong with a table is one line, with exit code 2', async () => {
  writeFileSync(join(folder, 'bad.csv'), 'a,b\n1,2\n');
  const { code, stderr } = await runCommand(['audit', '--features', 'bad.csv', '--out', 'a'], folder);
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('bad.csv: none of its columns is called label')]);
});
