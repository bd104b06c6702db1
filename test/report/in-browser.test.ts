/**
 * Pages as a browser lays them out, at the width of a desk and of a phone, with names as long as people give them: nothing
 * leaves the page, nothing lies over its neighbour. Runs where there is a Chromium; elsewhere it is skipped.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, jest } from '@jest/globals';
import sharp from 'sharp';
import { hasChromium, inChromium, openPage } from '../helpers/browser/chromium.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';
import { trendsReport } from '../../src/report/trends/report.js';
import { randomNumbers } from '../helpers/random-tensors.js';
import { syntheticTrends } from '../helpers/synthetic-trends.js';
import { writerAt } from '../helpers/folders.js';

jest.setTimeout(120_000);

const folder = temporaryFolder();

const [WIDE, PHONE] = [1280, 390];
const CLASSES = ['heron', 'lorry', 'toad'].map((name) => `${name}_a_class_with_quite_a_long_name_indeed`);
const FILE = (i: number) =>
  `IMG_20240131_114522_site-04_camera-B_unsorted-batch-0007_frame-${i}-reviewed-final (copy).png`;
const EDGE = 8;

/** Noisy pictures in folders of their class, each class in a colour of its own. */
async function writePictures(): Promise<void> {
  const next = randomNumbers(4);
  for (const [split, count] of Object.entries({ train: 16, test: 6 })) {
    for (const [c, name] of CLASSES.entries()) {
      const place = join(folder, 'data', split, name);
      mkdirSync(place, { recursive: true });
      for (let i = 0; i < count; i++) {
        const data = Uint8Array.from({ length: EDGE * EDGE * 3 }, (_, k) => 100 * next() + (k % 3 === c ? 80 : 0));
        await sharp(data, { raw: { width: EDGE, height: EDGE, channels: 3 } })
          .png()
          .toFile(join(place, FILE(i)));
      }
    }
  }
}

/** A page of trends whose names are as long as those of the others. */
async function writeTrends(): Promise<void> {
  const methods = [{ method: 'lrp' }, { method: 'grad-cam', layer: `/${CLASSES[0]!}/Relu_1` }];
  const { result, arrays } = syntheticTrends({ classNames: CLASSES, points: 41, methods, strips: 3 });
  const picture = { width: EDGE, height: EDGE, channels: 1, data: new Uint8Array(EDGE * EDGE).fill(120) } as const;
  const source = { picture: () => Promise.resolve(picture), queryPicture: () => Promise.resolve(undefined) };
  const images = result.images.map((image, i) => ({ ...image, file: FILE(i) }));
  await (await trendsReport({ ...result, images }, arrays, source)).write(writerAt(join(folder, 'trends')));
}

const PAGES = ['influence', 'ranked', 'audit', 'evaluate', 'trends'];

beforeAll(async () => {
  if (!hasChromium) return;
  await writePictures();
  await writeTrends();
  const ends = async (...args: string[]) =>
    expect(await runIn(folder, [...args, '--quiet'])).toMatchObject({ code: 0 });
  const input = ['--input', 'data@0,1,7,8,13,14'];
  await ends('create', 'mlp', '--input-shape', '3,8,8', '--hidden', '8', '--classes', '3', '--out', 'm.onnx');
  await ends('train', '--model', 'm.onnx', '--data', 'data', '--epochs', '2', '--batch-size', '12', '--out', 'run');
  await ends('influence', 'run', ...input, '--verify', '5', '--top-k', '1000', '--out', 'influence');
  await ends('influence', 'run', ...input, '--method', 'similarity', '--verify', '5', '--out', 'ranked');
  await ends('audit', 'run', '--out', 'audit');
  const protocols = [
    '--protocol',
    'lds,removal,class,randomisation',
    '--queries',
    '6',
    '--subsets',
    '4',
    '--removals',
    '2',
  ];
  await ends('evaluate', 'run', ...protocols, '--out', 'evaluate');
});

/** What is wrong with a page, in words: a function that the browser is given. Between pictures of a grid is a gap of 10. */
const FAULTS = `((page) => {
  const found = [];
  const { scrollWidth, clientWidth } = page.documentElement;
  if (scrollWidth > clientWidth) found.push('the page is ' + scrollWidth + ' wide');
  for (const under of page.querySelectorAll('.examples li > *, .examples .tile > *')) {
    if (under.scrollWidth > under.clientWidth + 9) found.push('lies over its neighbour: ' + under.textContent);
  }
  for (const figure of page.querySelectorAll('figure')) {
    if (figure.scrollWidth > figure.clientWidth + 1) found.push('a plot is cut off at ' + figure.clientWidth);
  }
  for (const text of page.querySelectorAll('svg text')) {
    const [own, around] = [text.getBoundingClientRect(), text.closest('svg').getBoundingClientRect()];
    if (own.left < around.left - 1 || own.right > around.right + 1) found.push('leaves its plot: ' + text.textContent);
  }
  return found;
})(document)`;

/** What is wrong with a page at a width, once its data are there. */
async function faults(name: string, width: number): Promise<unknown> {
  const { page } = await openPage({ viewport: { width, height: 900 } });
  await page.goto(pathToFileURL(join(folder, name, 'index.html')).href);
  await page.waitForSelector('main');
  const found = await page.evaluate(FAULTS);
  await page.context().close();
  return found;
}

inChromium('nothing leaves a page or lies over its neighbour, at a desk or on a phone', async () => {
  for (const name of PAGES) {
    for (const width of [WIDE, PHONE]) {
      expect({ name, width, wrong: await faults(name, width) }).toEqual({ name, width, wrong: [] });
    }
  }
});

inChromium('a name that cannot be broken is found', async () => {
  const broken = readFileSync(join(folder, 'influence', 'index.html'), 'utf8').replace(
    '</style>',
    '.examples .tile>span{white-space:nowrap;overflow-wrap:normal}</style>',
  );
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken', 'index.html'), broken);
  expect(await faults('broken', PHONE)).toContainEqual(
    expect.stringMatching(/^lies over its neighbour: .*_a_class_with/),
  );
});
