/** The report of a trends result: its files, its page, and what hostile names, nulls and missing parts do to them. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { mapsIn, squareOf } from '../../../src/report/app/maps/use-maps.js';
import { MEASURES } from '../../../src/explain/trends/measures.js';
import type { PictureSource } from '../../../src/report/pictures.js';
import { trendsReport } from '../../../src/report/trends/report.js';
import type { TrendsResult } from '../../../src/results/trends.js';
import { checkResult } from '../../../src/results/validate.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { syntheticTrends, type SyntheticTrendsOptions } from '../../helpers/synthetic-trends.js';
import { paperOf, paperText, payloadOf } from '../../helpers/pages/page-text.js';
import { writerAt } from '../../helpers/folders.js';

jest.setTimeout(60_000);

const folder = temporaryFolder();
/** The methods of a result, where one is not enough. */
const TWO = [{ method: 'lrp' }, { method: 'grad-cam', layer: 'conv2' }];
const ALL = MEASURES.map(({ name }) => name);
const grey = { width: 28, height: 28, channels: 1, data: new Uint8Array(784).fill(90) } as const;
const pictures: PictureSource = {
  picture: () => Promise.resolve(grey),
  queryPicture: () => Promise.resolve(undefined),
};

let written = 0;

/** Writes the report of a valid result; returns its folder and its page. */
async function reported(options: SyntheticTrendsOptions, change: Partial<TrendsResult> = {}) {
  const { result: made, arrays } = syntheticTrends({
    ...{ points: 31, measures: ['norm', 'entropy'], methods: TWO.slice(0, 1) },
    ...options,
  });
  const result = { ...made, ...change };
  expect(checkResult(result)).not.toHaveProperty('problem');
  const out = join(folder, String(written++));
  await (await trendsReport(result, arrays, pictures)).write(writerAt(out));
  return { out, result, page: readFileSync(join(out, 'index.html'), 'utf8') };
}

test('page and plots are written, the point in the heading', async () => {
  const { out, page } = await reported({ methods: TWO });
  expect((await readdir(out)).sort()).toEqual(['index.html', 'pictures', 'plots']);
  const plots = [
    'performance',
    ...['lrp', 'grad-cam_conv2'].flatMap((name) => ['entropy', 'maps', 'norm'].map((kind) => `${name}-${kind}`)),
  ];
  expect((await readdir(join(out, 'plots'))).sort()).toEqual(
    plots.flatMap((name) => [`${name}.png`, `${name}.svg`]).sort(),
  );
  const text = paperText(page);
  expect(text).toContain(
    'Over 300 steps explanations by lrp grew stronger (norm 0.0200 → 0.630) and more focused (entropy 6.12 → 5.82 nat).',
  );
  expect(text).toContain('Good fit. Test loss fell to 0.270 and has settled');
});

test('maps are in the page once, as they are in the result; the images too', async () => {
  const { page, result } = await reported({ methods: TWO, strips: 3 });
  const [part] = payloadOf(page).parts;
  expect(Object.keys(part!.arrays)).toEqual(result.strips.map(({ file }) => file));
  expect(Object.keys(part!.pictures)).toHaveLength(3);
  const first = mapsIn(part!.arrays[result.strips[0]!.file]!);
  expect(first).toHaveLength(25);
  expect(first[0]).toMatchObject({ columns: 28, rows: 28 });
});

test('hostile names come out as text, everywhere', async () => {
  const name = '<script>alert(1)</script>\u202e\u0007"\' onload=x';
  const { out, page } = await reported({ classNames: [name, 'b'], methods: [{ method: 'grad-cam', layer: name }] });
  for (const text of [page, readFileSync(join(out, 'plots', 'performance.svg'), 'utf8')]) {
    expect(text).not.toContain('<script>alert');
    for (const character of ['\u202e', '\u0007']) expect(text).not.toContain(character);
    expect(text).not.toMatch(/"' onload=x/);
  }
  expect(paperText(page)).toContain('<script>alert(1)</script>');
});

test('one step has numbers, and no running mean', async () => {
  const { page } = await reported({ points: 1 });
  expect(paperText(page)).toContain('Explanations at step 0: norm 0.0200, entropy 6.12 nat.');
  expect(paperOf(page)).not.toContain('running mean over');
});

test('no strips: no maps', async () => {
  const { out, page } = await reported({ strips: 0 });
  expect(paperText(page)).not.toContain('What speaks for the class');
  expect(payloadOf(page).parts[0]!.arrays).toEqual({});
  expect(await readdir(join(out, 'plots'))).not.toContain('lrp-maps.svg');
});

test('maps that are no images are said to be missing, not drawn', async () => {
  const { page } = await reported({ shape: [12] });
  expect(paperText(page)).toContain('2 strips of maps are no images, and not drawn.');
});

test('one split only, nulls in the means, and of how many images they are', async () => {
  const { result: made } = syntheticTrends({
    points: 31,
    measures: ['norm', 'entropy'],
    methods: TWO.slice(0, 1),
    splits: ['train'],
  });
  const series = made.series.map((one) => {
    const entropy = one.measures.entropy!;
    const cut = (values: readonly (number | null)[]) => values.map((value, i) => (i < 4 || i === 9 ? null : value));
    const { mean, lowerQuartile, upperQuartile } = entropy;
    const nulls = { mean: cut(mean), lowerQuartile: cut(lowerQuartile), upperQuartile: cut(upperQuartile) };
    const images = mean.map((_, i) => (i < 4 || i === 9 ? 0 : 8));
    return { ...one, measures: { ...one.measures, entropy: { ...nulls, images } } };
  });
  const { out, page } = await reported({ splits: ['train'] }, { series });
  const text = paperText(page);
  expect(text).not.toContain('test images');
  expect(text).not.toMatch(/NaN|undefined|null/);
  expect(text).toMatch(/5\.\d\d → 5\.82, of 0 to 8 images/);
  const svg = readFileSync(join(out, 'plots', 'lrp-entropy.svg'), 'utf8');
  expect(svg).not.toMatch(/NaN|undefined/);
  // The band is two areas, before the gap and after it; so are the line and its running mean.
  const paths = svg.match(/<path [^>]*series1[^>]*>/g)!;
  expect(paths.filter((path) => path.includes('fill-opacity'))).toHaveLength(2);
});

test('conditions that were met stand before the fit, the others after them', async () => {
  const conditions = [
    { condition: 'entropy falls by 20 % within 500 steps', met: false, detail: 'at most by 3.1 %' },
    { condition: 'norm rises above 0.5', met: true, detail: 'first at step 120' },
  ];
  const { page } = await reported({}, { conditions });
  const order = ['Failed: 1 of 2 conditions', 'norm rises above 0.5', 'Not met:', 'entropy falls by 20', 'Good fit'];
  const paper = paperText(page);
  const places = order.map((text) => paper.indexOf(text));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(0);
});

test('of many large maps some are in the page, as means of squares of their pixels', async () => {
  const { page, result } = await reported({ points: 41, strips: 1, frames: 41, shape: [230, 300] });
  const [maps] = Object.values(payloadOf(page).parts[0]!.arrays).map(mapsIn);
  expect(maps).toHaveLength(40);
  const { columns, rows } = maps![0]!;
  expect([columns, rows]).toEqual([100, 77]);
  expect(squareOf(maps![0]!, result.strips[0]!.shape)).toBe(3);
  expect(paperText(page)).toContain('means of 3 × 3 pixels');
});

test('a method at 10,000 steps takes less than 2 MB of the page, every value of it', async () => {
  const { page } = await reported({ points: 10_001, measures: ALL, strips: 2 });
  expect(page.length).toBeLessThan(2e6);
});
