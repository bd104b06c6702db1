/** The report of a trends result: its files, its page, and what hostile names, nulls and missing parts do to them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { MEASURES } from '../../../src/explain/trends/measures.js';
import type { PictureSource } from '../../../src/report/pictures.js';
import { trendsReport } from '../../../src/report/trends/report.js';
import type { TrendsResult } from '../../../src/results/trends.js';
import { checkResult } from '../../../src/results/validate.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { syntheticTrends, type SyntheticTrendsOptions } from '../../helpers/synthetic-trends.js';
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

const images = (page: string) => page.match(/data:image\/png;base64,[\w+/=]+/g) ?? [];

test('page and plots are written, the point in the heading', async () => {
  const { out, page } = await reported({ methods: TWO });
  expect((await readdir(out)).sort()).toEqual(['index.html', 'plots']);
  const plots = [
    'performance',
    ...['lrp', 'grad-cam_conv2'].flatMap((name) => ['entropy', 'maps', 'norm'].map((kind) => `${name}-${kind}`)),
  ];
  expect((await readdir(join(out, 'plots'))).sort()).toEqual(
    plots.flatMap((name) => [`${name}.png`, `${name}.svg`]).sort(),
  );
  expect(page).toMatch(
    /<h2 id="point"[^>]*>Over 300 steps explanations by lrp grew stronger \(norm 0\.0200 → 0\.630\) and more focused \(entropy 6\.12 → 5\.82 nat\)<\/h2>/,
  );
  expect(page).toContain('<strong>Good fit.</strong> Test loss fell to 0.270 and has settled');
});

test('the only script is the one whose hash the page allows; there is no network', async () => {
  const { page } = await reported({});
  const scripts = [...page.matchAll(/<script[^>]*>([^]*?)<\/script>/g)];
  expect(scripts).toHaveLength(1);
  const hash = createHash('sha256').update(scripts[0]![1]!).digest('base64');
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
  expect(policy!.replaceAll('&#39;', "'")).toBe(
    `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`,
  );
  expect(page.match(/(?:src|href)="(?!#|data:image\/)[^"]*"/g)).toBe(null);
});

test('each strip is one picture, embedded once; each image of the input too', async () => {
  const { page } = await reported({ methods: TWO, strips: 3 });
  const found = images(page);
  // Two methods on three images, and the three images.
  expect(found).toHaveLength(2 * 3 + 3);
  // The three inputs are the same grey here.
  expect(new Set(found).size).toBe(2 * 3 + 1);
});

test('hostile names come out as text, everywhere', async () => {
  const name = '<script>alert(1)</script>\u202e\u0007"\' onload=x';
  const { out, page } = await reported({ classNames: [name, 'b'], methods: [{ method: 'grad-cam', layer: name }] });
  for (const text of [page, readFileSync(join(out, 'plots', 'performance.svg'), 'utf8')]) {
    expect(text).not.toContain('<script>alert');
    for (const character of ['\u202e', '\u0007']) expect(text).not.toContain(character);
    expect(text).not.toMatch(/"' onload=x/);
  }
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('one step has numbers, no running mean, no slider and no script', async () => {
  const { page } = await reported({ points: 1 });
  expect(page).toContain('>Explanations at step 0: norm 0.0200, entropy 6.12 nat</h2>');
  expect(page).not.toMatch(/<script|type="range"|running mean over/);
  expect(page).toContain('Too few steps');
});

test('no strips: no maps, and a slider that moves through the steps', async () => {
  const { out, page } = await reported({ strips: 0 });
  expect(page).not.toContain('Maps over training');
  expect(page).toContain('Step shown in the plots');
  expect(page).toContain(`data-steps="${Array.from({ length: 31 }, (_, i) => 10 * i).join(' ')}"`);
  expect(images(page)).toEqual([]);
  expect(await readdir(join(out, 'plots'))).not.toContain('lrp-maps.svg');
});

test('maps that are no images are said to be missing, not drawn', async () => {
  const { page } = await reported({ shape: [12] });
  expect(page).toContain('2 more strips are in result.json and not shown here, or are no images.');
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
  expect(page).not.toContain('test images');
  expect(page).not.toMatch(/NaN|undefined|null/);
  expect(page).toMatch(/<td>5\.\d\d → 5\.82, of 0 to 8 images<\/td>/);
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
  const places = order.map((text) => page.indexOf(text));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(0);
});

test('what cannot be told from 0 is grey, with its interval and both p', async () => {
  const { page } = await reported({ splits: ['test'] });
  // norm: −0.88 with train loss, −0.53 with test loss, −0.18 with batch loss.
  expect(page).toContain(
    '<span><strong>−0.880</strong><br><span class="small">−0.960 to −0.800</span><br><span class="small muted">p 0.0010 (1.0 × 10⁻⁴⁰)</span></span>',
  );
  expect(page).toMatch(/<span class="muted">−0\.180<br><span class="small">−0\.860 to 0\.500<\/span>/);
});

test('what of maps is not on the page is said', async () => {
  const { page } = await reported({ points: 41, strips: 1, frames: 41, shape: [70, 100] });
  expect(page).toMatch(/limit [^<]*; 40 of 41 maps; means of 2 × 2 pixels</);
  // 40 maps of 50 × 35 squares.
  expect(page).toMatch(/<img src="[^"]*" width="2000" height="35"/);
  const steps = [...page.matchAll(/<li data-step="(\d+)"/g)].map(([, step]) => Number(step));
  expect(steps).toHaveLength(40);
  expect([steps[0], steps.at(-1)]).toEqual([0, 400]);
});

test('a method at 10,000 steps takes less than 1 MB of the page', async () => {
  const { page } = await reported({ points: 10_001, measures: ALL, strips: 2 });
  expect(page.length).toBeLessThan(1e6);
});
