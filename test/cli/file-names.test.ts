/** Examples that are files carry their names through every result, page and table. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import sharp from 'sharp';
import { writeModelFile } from '../../src/onnx/file.js';
import { readResult } from '../../src/results/result-file.js';
import { temporaryFolder, writeFiles } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { smallNetwork } from '../helpers/networks.js';
import { readCsv } from '../helpers/read-csv.js';

// Four commands one after the other.
jest.setTimeout(180_000);

const folder = temporaryFolder();
const CLASSES = ['across', 'down', 'falling', 'rising'];
const PER_CLASS = { train: 12, test: 3 };
const EDGE = 12;

/** A name with a comma and a character of markup, as files may have. */
const nameOf = (split: keyof typeof PER_CLASS, label: number, i: number) =>
  `${split}/${CLASSES[label]!}/${String(i).padStart(4, '0')}, <b>.png`;

/** A bright stripe in one of four directions. */
async function stripe(label: number, place: number): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: EDGE * EDGE }, (_, at) => {
    const [x, y] = [at % EDGE, Math.floor(at / EDGE)];
    return [y - place, x - place, x - y + place - 6, x + y - place - 6][label] === 0 ? 220 : (at * 37) % 60;
  });
  return sharp(data, { raw: { width: EDGE, height: EDGE, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

const run = async (...args: string[]) => {
  const ended = await runIn(folder, args);
  expect(ended).toMatchObject({ code: 0 });
  return ended.stdout;
};

/** The file of a training example, by its index: classes in order, then names. */
const trainFile = (index: number) => nameOf('train', Math.floor(index / PER_CLASS.train), index % PER_CLASS.train);

beforeAll(async () => {
  const files: Record<string, Uint8Array> = {};
  for (const split of ['train', 'test'] as const)
    for (const label of CLASSES.keys())
      for (let i = 0; i < PER_CLASS[split]; i++) files[nameOf(split, label, i)] = await stripe(label, 2 + (i % 8));
  writeFiles(join(folder, 'stripes'), files);
  await writeModelFile(join(folder, 'small.onnx'), smallNetwork());
  const size = ['--sampler', 'single-class', '--batch-size', '12', '--ghost-size', '4', '--epochs', '2'];
  await run('train', '--model', 'small.onnx', '--data', 'stripes', '--out', 'run', ...size);
});

test('trace: examples, opponents and inputs', async () => {
  await run('trace', 'run', '--input', 'stripes@4', '--top-k', '5', '--out', 'why');
  const { queries } = await readResult(join(folder, 'why', 'result.json'), 'trace');
  expect(queries[0]!.inputFile).toBe(nameOf('test', 1, 1));
  for (const { examples, opponents } of queries[0]!.layers) {
    expect(examples.length).toBeGreaterThan(0);
    for (const { index, file } of [...examples, ...opponents]) expect(file).toBe(trainFile(index));
  }
  const page = readFileSync(join(folder, 'why', 'index.html'), 'utf8');
  // The lists of other layers may be the same for every input, and are then not shown.
  const { index, file } = queries[0]!.layers.find(({ evidence }) => evidence)!.examples[0]!;
  const shown = file!.replace('<', '&lt;');
  expect(page).toContain(`aria-label="training image ${index} (${shown})"`);
  expect(page).toContain(`(${nameOf('test', 1, 1).replace('<', '&lt;')})`);
});

test('representer: points, influence and mistakes', async () => {
  const further = ['--compare', 'influence', '--group', 'misclassified', '--lambda', '0.01'];
  const model = ['--model', join('run', 'initial.onnx'), '--data', 'stripes'];
  await run('representer', ...model, '--input', 'stripes@0', ...further, '--out', 'points');
  const { queries, mistakes } = await readResult(join(folder, 'points', 'result.json'), 'representer');
  const [{ excitatory, inhibitory, influence, inputFile }] = queries as [(typeof queries)[number]];
  expect(inputFile).toBe(nameOf('test', 0, 0));
  const inhibitors = mistakes!.flatMap((mistake) => mistake.inhibitory);
  // A network that was not trained makes mistakes.
  expect(inhibitors.length).toBeGreaterThan(0);
  for (const { index, file } of [
    ...excitatory,
    ...inhibitory,
    ...influence!.helpful,
    ...influence!.harmful,
    ...inhibitors,
  ])
    expect(file).toBe(trainFile(index));
});

test('audit: suspects, the table of all examples, and the terminal', async () => {
  const stdout = await run('audit', '--data', 'stripes', '--lambda', '0.01', '--out', 'audit');
  const { suspects } = await readResult(join(folder, 'audit', 'result.json'), 'audit');
  for (const { index, file } of suspects) expect(file).toBe(trainFile(index));
  expect(stdout).toContain(suspects[0]!.file!);
  const lines = readCsv(readFileSync(join(folder, 'audit', 'suspects.csv'), 'utf8'));
  expect(lines).toHaveLength(CLASSES.length * PER_CLASS.train);
  expect(lines[0]!.file).toBe(suspects[0]!.file);
  for (const { path } of lines) expect(existsSync(resolve(folder, path!))).toBe(true);
});
