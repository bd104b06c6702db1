import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { PixelImage } from '../../../src/plot/pixel-image.js';
import { noPictures, type PictureSource } from '../../../src/report/pictures.js';
import { layerFolders, traceReport } from '../../../src/report/trace/report.js';
import type { TraceResult } from '../../../src/results/trace.js';
import { seededRandom, syntheticTrace } from '../../helpers/synthetic-trace.js';
import { writerAt } from '../../helpers/folders.js';
import { paperOf, paperText, payloadOf, textOf } from '../../helpers/pages/page-text.js';

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
    const text = paperText(page);
    expect(text).toMatch(
      /2 decisions, 1 of them wrong: by size, \S+ % of what the winning scores are made of came from training/,
    );
    expect(text).toMatch(/Shirt \d\d\.\d %, wrong: \S+/);
    expect(text).toMatch(/Ankle boot \d\d\.\d % fashion-mnist-sample@17 · the true class/);
    expect(text).toMatch(/Ankle boot scores \S+: [+−]\S+ from [^.]*training[^.]*, [+−]\S+ from/);
    expect(text).toMatch(/The true class, \S+, lost/);
    for (const title of ['What shaped each layer', 'Examples of opposing batches', 'completeness error']) {
      expect(text).toContain(title);
    }
    expect(text).toContain(result.model.sha256);
    expect(text).toContain('positive supports the prediction');
    // The data of the page are the result, but for digits that no page shows.
    expect(payloadOf(page).parts[0]!.result).toMatchObject({ model: result.model, options: result.options });
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
    const text = paperText(await pageOf('mixed', { ...result, queries }, pictures(8, 1)));
    expect(text).toContain('The batches of this run mix classes.');
    expect(text).not.toContain('had the largest part');
    expect(text).toMatch(/mixed batches ?\+\d/);
  });

  test('calls lists of single examples what they are', async () => {
    const batch = paperText(await pageOf('batch', { ...result, split: 'batch' }, pictures(8, 1)));
    expect(batch).toContain('Examples of the most influential batches');
    const exact = paperText(await pageOf('exact', { ...result, split: 'exact' }, pictures(8, 1)));
    expect(exact).toContain('Most influential training examples');
    expect(exact).toContain('training examples of Ankle boot had the largest part');
    expect(exact).not.toContain('Examples of the most influential batches');
  });

  test('names layers whose list is not specific to the input, and does not show it', async () => {
    const [query] = structuredClone(result.queries);
    const overlap = { of: 10, chance: 0.02, inputs: 32 };
    Object.assign(query!.layers[0]!, { evidence: true, listOverlap: { ...overlap, shared: 0.4 } });
    Object.assign(query!.layers[1]!, { evidence: false, listOverlap: { ...overlap, shared: 9.47 } });
    const some = paperText(await pageOf('same', { ...result, queries: [query!] }, pictures(8, 1)));
    expect(some).toMatch(/fc ?the same for every input: no evidence/);
    expect(some.match(/Examples of the most influential batches/g)).toHaveLength(1);
    expect(await readdir(join(root, 'same', 'query-0', 'fc'))).toEqual(['ridge.png', 'ridge.svg']);
    expect(await readdir(join(root, 'same', 'query-0', 'conv1'))).toHaveLength(4);

    query!.layers[0]!.evidence = false;
    const none = paperText(await pageOf('none', { ...result, queries: [query!] }, pictures(8, 1)));
    expect(none).toContain('Not shown as evidence: its list of examples is not specific to this input');
    expect(none).toContain('share on average 9.5 of the first 10 (32 compared; 0.0 by chance)');
    expect(none).not.toContain('Examples of the most influential batches');
  });

  test('states no shares of a decision that nothing of the input reaches', async () => {
    const [query] = structuredClone(result.queries);
    query!.undecided = 'the class scores are the bias of fc';
    const page = paperOf(await pageOf('dead', { ...result, queries: [query!] }, pictures(8, 1)));
    const text = textOf(/<article>.*<\/article>/s.exec(page)![0]);
    expect(text).toContain('the class scores are the bias of fc');
    expect(text).not.toMatch(/What shaped|γ|Examples of/);
    expect((await readdir(join(root, 'dead'))).sort()).toEqual(['index.html', 'pictures']);
  });

  test('explains nothing where nothing was learned', async () => {
    const accuracy = { split: 'test', value: 0.11, chance: 0.1, examples: 1000 } as const;
    const text = paperText(await pageOf('chance', { ...result, accuracy }, pictures(8, 1)));
    expect(text).toContain('Nothing was learned that could be explained: the network is right in 11.0 %');
    expect(text).not.toMatch(/Ankle boot scores/);
    const learned = paperText(await pageOf('learned', { ...result, accuracy: { ...accuracy, value: 0.9 } }));
    expect(learned).not.toContain('Nothing was learned');
  });

  test('ranks by contrast where there is one', async () => {
    const queries = structuredClone(result.queries);
    for (const layer of queries.flatMap(({ layers }) => layers)) {
      for (const each of [...layer.examples, ...layer.opponents, ...layer.batches]) each.contrast = each.gamma / 2;
      for (const each of layer.classes) each.contrast = each.class === 3 ? layer.norm ** 2 / 10 : 0;
    }
    const text = paperText(await pageOf('contrast', { ...result, queries }));
    expect(text).toContain('batches of Dress stand out most from what the average input sees');
    expect(text).toContain('Dress +10.0 %');
    expect(text).toContain('γ−γ\u0304');
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

  test('is one sound file that loads nothing', async () => {
    const page = await readFile(join(root, 'images', 'index.html'), 'utf8');
    const paper = paperOf(page);
    expect(unbalanced(paper)).toEqual([]);
    expect(page).toContain('default-src &#39;none&#39;; img-src data:');
    // Its own script, by its hash, and its data.
    const scripts = Array.from(page.matchAll(/<script([^>]*)>([^<]*(?:<(?!\/script)[^<]*)*)<\/script>/g));
    expect(scripts.map(([, attributes]) => attributes)).toEqual([' type="application/octet-stream" id="payload"', '']);
    const hash = createHash('sha256').update(scripts[1]![2]!).digest('base64');
    expect(page).toContain(`script-src &#39;sha256-${hash}&#39;`);
    expect(paper).not.toMatch(/<(script|link|iframe|object)|\s(?:src|href)=/);
    expect(Array.from(page.matchAll(/url\(([^)]{0,30})/g), ([, url]) => url!.slice(0, 23))).toEqual([
      'data:image/webp;base64,',
    ]);
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
    const paper = paperOf(page);
    expect(paper).not.toMatch(/<script|<img src=x|<svg onload|<b>/);
    // Outside of attribute values, no tag has an event handler.
    expect(paper.replace(/="[^"]*"/g, '')).not.toMatch(/<[^>]*\son\w+/);
    expect(unbalanced(paper)).toEqual([]);
    expect(page.match(/<\/(style|noscript)>/g)).toHaveLength(3);
    const text = paperText(page);
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
    expect(JSON.stringify(payloadOf(page))).not.toContain('\u202e');
  });

  test('and lead no file out of the folder', async () => {
    const others = ['batch', 'chance', 'contrast', 'dead', 'exact', 'images', 'learned', 'mixed', 'none', 'same'];
    expect((await readdir(root)).sort()).toEqual([...others, 'hostile'].sort());
    expect((await readdir(join(root, 'hostile'))).sort()).toEqual(['index.html', 'pictures', 'query-0']);
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
  expect(page).not.toContain('url(data:image');
  const [example] = result.queries[0]!.layers.at(-1)!.examples;
  expect(paperOf(page)).toContain(`<td class="number">${example!.index}</td>`);
  expect(await readdir(join(root, 'table', 'query-0', 'fc1'))).toEqual(['ridge.png', 'ridge.svg']);
});

test('a trace that does not add up says so', async () => {
  const result = structuredClone(syntheticTrace({ layers: ['fc'] }));
  expect(paperOf(await pageOf('whole', result))).not.toContain('class="notice"');
  result.queries[0]!.layers[0]!.completenessError = 0.25;
  const torn = paperText(await pageOf('torn', result));
  expect(torn).toContain('The traced updates miss 25.0 % of this layer’s output');
  expect(torn).toContain('do not rely on it');
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
  expect(unbalanced(paperOf(page))).toEqual([]);
  expect(paperOf(page)).not.toMatch(/NaN|undefined|Infinity/);
});

test('a page of 100 inputs, 8 layers and 7 images a layer stays small', async () => {
  const layers = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'f1', 'f2'];
  const page = await pageOf('many', syntheticTrace({ queries: 100, layers, steps: 40 }), pictures(32, 3));
  expect(page.length).toBeLessThan(6e6);
});

test('panels show large pictures', async () => {
  await pageOf('photo', syntheticTrace({ layers: ['fc'] }), pictures(400, 3));
  // Noise of 84 pixels an edge, twice enlarged.
  expect((await stat(join(root, 'photo', 'query-0', 'fc', 'panel.png'))).size).toBeGreaterThan(50_000);
});
