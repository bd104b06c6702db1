import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PixelImage } from '../../../src/plot/pixel-image.js';
import { noPictures, type PictureSource } from '../../../src/report/pictures.js';
import { tracePage } from '../../../src/report/trace/page.js';
import { layerFolders, traceReport, traceViews } from '../../../src/report/trace/report.js';
import type { TraceResult } from '../../../src/results/trace.js';
import { seededRandom, syntheticTrace } from '../../helpers/synthetic-trace.js';
import { writerAt } from '../../helpers/folders.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'report-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A picture of noise, which compresses worst. */
function noise(edge: number, channels: 1 | 3, seed: number): PixelImage {
  const random = seededRandom(seed);
  const data = Uint8Array.from({ length: edge * edge * channels }, () => 256 * random());
  return { width: edge, height: edge, channels, data };
}

function pictures(edge: number, channels: 1 | 3): PictureSource {
  return {
    picture: (_, index) => Promise.resolve(noise(edge, channels, index)),
    queryPicture: (query) => Promise.resolve(noise(edge, channels, -1 - query)),
  };
}

async function pageOf(name: string, result: TraceResult, source?: PictureSource): Promise<string> {
  await (await traceReport(result, source)).write(writerAt(join(root, name)));
  return readFile(join(root, name, 'index.html'), 'utf8');
}

/** The text that a reader sees, entities resolved. */
function visible(page: string): string {
  return page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

/** Names of the tags that are open where they may not be, and of end tags without a start: none in sound markup. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, end, name, selfClosed] of page.matchAll(/<(\/?)([a-z][\w-]*)(?:\s[^<>]*?)?(\/?)>/gi)) {
    if (selfClosed || /^(br|hr|img|link|meta)$/.test(name!)) continue;
    if (!end) open.push(name!);
    else if (open.pop() !== name) wrong.push(name!);
  }
  return [...wrong, ...open];
}

describe('a report of images', () => {
  const result = syntheticTrace({ queries: 2, layers: ['conv1', 'fc'] });

  test('puts the decision first, in words', async () => {
    const page = await pageOf('images', result, pictures(8, 1));
    const text = visible(page.slice(page.indexOf('<section')));
    expect(text).toMatch(
      /^ Ankle boot , \d\d\.\d % fashion-mnist-sample@17 · the true class Batches of Ankle boot had the/,
    );
    expect(text).toMatch(/wrong: the true class is/);
    for (const title of [
      'From input to output',
      'Layer by layer',
      'Examples of opposing batches',
      'completeness error',
    ]) {
      expect(text).toContain(title);
    }
    expect(visible(page)).toContain(result.model.sha256);
    expect(visible(page)).toContain('positive supports the prediction');
  });

  test('claims no class where batches mix classes', async () => {
    const queries = result.queries.map((query) => ({
      ...query,
      layers: query.layers.map((layer) => ({
        ...layer,
        batches: layer.batches.map((batch) => ({ ...batch, label: null })),
        classes: layer.classes.map((entry) => ({ ...entry, gamma: 0, weight: 0, ridge: undefined })),
        mixed: { steps: 600, gamma: 3, weight: 9, ridge: layer.classes[0]!.ridge },
        steps: { ...layer.steps!, class: layer.steps!.class.map(() => null) },
      })),
    }));
    const text = visible(await pageOf('mixed', { ...result, queries }, pictures(8, 1)));
    expect(text).toContain('The batches of this run mix classes.');
    expect(text).not.toContain('had the highest influence');
    // The figures have mixed batches in the place of classes.
    expect(text).toMatch(/conv1, mixed batches: \+\d/);
    expect(text).toMatch(/share of γ mixed batches \+\d/);
    expect(text).not.toContain('all other classes');
  });

  test('calls lists of single examples what they are', async () => {
    const batch = visible(await pageOf('batch', { ...result, split: 'batch' }, pictures(8, 1)));
    expect(batch).toContain('Examples of the most influential batches');
    const exact = visible(await pageOf('exact', { ...result, split: 'exact' }, pictures(8, 1)));
    expect(exact).toContain('Most influential training examples');
    expect(exact).toContain('Training examples of Ankle boot had the highest influence');
    expect(exact).not.toContain('Examples of the most influential batches');
  });

  test('names layers whose list is not specific to the input, and does not show it', async () => {
    const [query] = structuredClone(result.queries);
    const overlap = { of: 10, chance: 0.02, inputs: 32 };
    Object.assign(query!.layers[0]!, { evidence: false, listOverlap: { ...overlap, shared: 9.47 } });
    Object.assign(query!.layers[1]!, { evidence: true, listOverlap: { ...overlap, shared: 0.4 } });
    const text = visible(await pageOf('same', { ...result, queries: [query!] }, pictures(8, 1)));
    expect(text).toContain('Not shown as evidence: its list of examples is not specific to this input');
    expect(text).toContain('share on average 9.5 of the first 10 (32 compared; 0.0 by chance)');
    expect(text.match(/Examples of the most influential batches/g)).toHaveLength(1);
    expect(await readdir(join(root, 'same', 'query-0', 'conv1'))).toEqual(['ridge.png', 'ridge.svg']);
    expect(await readdir(join(root, 'same', 'query-0', 'fc'))).toHaveLength(4);
  });

  test('states no shares of a decision that nothing of the input reaches', async () => {
    const [query] = structuredClone(result.queries);
    query!.undecided = 'the class scores are the bias of fc';
    const page = await pageOf('dead', { ...result, queries: [query!] }, pictures(8, 1));
    const text = visible(page.slice(page.indexOf('<section'), page.indexOf('How to read')));
    expect(text).toContain('The class scores are the bias of fc.');
    expect(text).not.toMatch(/share|From input to output|γ/);
    expect(await readdir(join(root, 'dead'))).toEqual(['index.html']);
  });

  test('ranks by contrast where there is one', async () => {
    const queries = structuredClone(result.queries);
    for (const layer of queries.flatMap(({ layers }) => layers)) {
      for (const each of [...layer.examples, ...layer.opponents, ...layer.batches]) each.contrast = each.gamma / 2;
      for (const each of layer.classes) each.contrast = each.class === 3 ? layer.norm ** 2 / 10 : 0;
    }
    const text = visible(await pageOf('contrast', { ...result, queries }, pictures(8, 1)));
    expect(text).toContain('Batches of Ankle boot lead in no traced layer');
    expect(text).toContain('stands out most Dress +10.0 %');
    expect(text).toMatch(/γ−γ\u0304 0\.\d/);
    expect(text).toContain('Single training steps that stand out most');
  });

  test('writes each plot as SVG and as a PNG that shows something', async () => {
    for (const [q, query] of result.queries.entries()) {
      for (const folder of layerFolders(query)) {
        const files = await readdir(join(root, 'images', `query-${q}`, folder));
        expect(files.sort()).toEqual(['panel.png', 'panel.svg', 'ridge.png', 'ridge.svg']);
        for (const name of ['panel', 'ridge']) {
          const place = join(root, 'images', `query-${q}`, folder, name);
          const size = /width="(\d+)" height="(\d+)"/.exec(await readFile(`${place}.svg`, 'utf8'))!;
          const { data, info } = await sharp(`${place}.png`).greyscale().raw().toBuffer({ resolveWithObject: true });
          expect([info.width, info.height]).toEqual([2 * Number(size[1]), 2 * Number(size[2])]);
          const dark = data.reduce((count, value) => count + (value < 128 ? 1 : 0), 0);
          expect(dark).toBeGreaterThan(0.005 * data.length);
        }
      }
    }
  });

  test('is one sound file that loads nothing, and can be walked by keyboard', async () => {
    const page = await readFile(join(root, 'images', 'index.html'), 'utf8');
    expect(unbalanced(page)).toEqual([]);
    expect(page).toContain('default-src &#39;none&#39;; img-src data:');
    expect(page).not.toMatch(/<(script|link|iframe|object)/);
    const sources = Array.from(page.matchAll(/\s(?:src|href)="([^"]*)"/g), ([, target]) => target!);
    expect(sources.filter((target) => !/^(#|data:image\/(png|jpeg);base64,)/.test(target))).toEqual([]);
    const ids = new Set(Array.from(page.matchAll(/\sid="([^"]*)"/g), ([, id]) => `#${id}`));
    expect(sources.filter((target) => target.startsWith('#') && !ids.has(target))).toEqual([]);
    expect(ids.size).toBe(Array.from(page.matchAll(/\sid="/g)).length);
    expect(Array.from(page.matchAll(/<img (?![^>]*\salt=)/g))).toEqual([]);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).toContain('name="viewport"');
  });
});

describe('names from outside are text', () => {
  const evil = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='x",
    '</style></svg><b>',
    '\u202egnp.exe',
  ];

  test('wherever they come from', async () => {
    const layers = ['../../../escape', '<svg onload=alert(1)>', '"><script>alert(2)</script>'];
    const result = structuredClone(syntheticTrace({ classNames: evil, layers }));
    const [query] = result.queries;
    query!.input = 'photos/<img src=x onerror=alert(3)>.png';
    result.model.path = '</dd><script>alert(4)</script>';
    result.data.spec = '&lt;script&gt;';
    result.options['<b>'] = { '</style>': '<script>' };
    const page = await pageOf('hostile', result, pictures(4, 3));
    expect(page).not.toMatch(/<script|<img src=x|<svg onload|<b>/);
    // Outside of attribute values, no tag has an event handler.
    expect(page.replace(/="[^"]*"/g, '')).not.toMatch(/<[^>]*\son\w+/);
    expect(unbalanced(page)).toEqual([]);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    const text = visible(page);
    for (const shown of [
      evil[0]!,
      evil[1]!,
      layers[1]!,
      query!.input,
      result.model.path,
      '&lt;script&gt;',
      '\ufffdgnp.exe',
    ]) {
      expect(text).toContain(shown);
    }
    expect(page).not.toContain('\u202e');
  });

  test('and lead no file out of the folder', async () => {
    const others = ['batch', 'contrast', 'dead', 'exact', 'images', 'mixed', 'same'];
    expect((await readdir(root)).sort()).toEqual([...others, 'hostile'].sort());
    expect((await readdir(join(root, 'hostile'))).sort()).toEqual(['index.html', 'query-0']);
    expect(await readdir(join(root, 'hostile', 'query-0'))).toHaveLength(3);
  });

  test('an SVG is sound XML even so', async () => {
    const folder = join(root, 'hostile', 'query-0');
    for (const layer of await readdir(folder)) {
      for (const name of ['ridge.svg', 'panel.svg']) {
        expect(unbalanced(await readFile(join(folder, layer, name), 'utf8'))).toEqual([]);
      }
    }
  });
});

test('data without pictures gets tables, and no panels', async () => {
  const result = syntheticTrace({ layers: ['fc1', 'fc2'] });
  const page = await pageOf('table', result, noPictures);
  expect(page).not.toContain('<img');
  const [example] = result.queries[0]!.layers[0]!.examples;
  expect(page).toContain(`<td class="number">${example!.index}</td>`);
  expect(await readdir(join(root, 'table', 'query-0', 'fc1'))).toEqual(['ridge.png', 'ridge.svg']);
});

test('a trace that does not add up says so', async () => {
  const result = structuredClone(syntheticTrace({ layers: ['fc'] }));
  expect(await pageOf('whole', result)).not.toContain('class="notice"');
  result.queries[0]!.layers[0]!.completenessError = 0.25;
  expect(visible(await pageOf('torn', result))).toContain("The traced updates miss 25.0 % of this layer's output");
});

test('an empty layer, an unknown class and a query without layers are shown, not thrown', async () => {
  const result = structuredClone(syntheticTrace({ layers: ['fc'], queries: 2 }));
  const layer = result.queries[0]!.layers[0]!;
  Object.assign(layer, {
    norm: 0,
    examples: [],
    opponents: [],
    batches: [],
    classes: [],
    steps: undefined,
    logits: undefined,
  });
  Object.assign(result.queries[1]!, { layers: [], topClasses: [], truth: undefined });
  const page = await pageOf('empty', result);
  expect(unbalanced(page)).toEqual([]);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test('a page of 3 inputs, 8 layers and 7 images a layer stays small', async () => {
  const layers = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'f1', 'f2'];
  const result = syntheticTrace({ queries: 3, layers, steps: 300 });
  const page = tracePage(result, await traceViews(result, pictures(32, 3)));
  // Noise cannot be compressed; real pictures of this size take half of it.
  expect(page.length).toBeLessThan(3e6);
});

test('large pictures are reduced', async () => {
  const large = Promise.resolve(noise(400, 3, 1));
  const source = { picture: () => large, queryPicture: () => large };
  const photo = await pageOf('photo', syntheticTrace({ layers: ['fc'] }), source);
  const jpeg = /src="data:image\/jpeg;base64,([^"]*)"/.exec(photo)![1]!;
  const { width, height } = await sharp(Buffer.from(jpeg, 'base64')).metadata();
  expect([width, height]).toEqual([224, 224]);
  // The panel shows them too: noise of 84 pixels an edge, twice enlarged.
  expect((await stat(join(root, 'photo', 'query-0', 'fc', 'panel.png'))).size).toBeGreaterThan(100_000);
});
