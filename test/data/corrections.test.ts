/** Decisions of a report, read back: which labels they change, which examples they take out, and what of them is refused. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { corrected } from '../../src/data/corrections/corrections.js';
import { ofAllExamples, takingPart, withoutDropped } from '../../src/data/corrections/taking-part.js';
import { readCorrections } from '../../src/data/corrections/read-corrections.js';
import { openDataset } from '../../src/data/open-dataset.js';
import { list, text } from '../../src/lists/list.js';
import { listCsv } from '../../src/lists/csv.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';

const folder = temporaryFolder();
const HEAD = 'decision,split,index,label,newLabel,file,row';
const csv = (...lines: string[]) => {
  const path = join(folder, 'decisions.csv');
  writeFileSync(path, [HEAD, ...lines, ''].join('\r\n'));
  return path;
};

/** A table of two classes, of which every tenth example is held out. */
const table = join(folder, 'table.csv');
/** Class folders with names that spreadsheets take for formulas. */
const photos = join(folder, 'photos');

beforeAll(async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i},${i * i},${i % 2 === 0 ? 'cat' : '=dog'}`);
  writeFileSync(table, ['a,b,label', ...rows, ''].join('\n'));
  const picture = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  for (const split of ['train', 'test']) {
    for (const name of ['-one', 'two']) {
      mkdirSync(join(photos, split, name), { recursive: true });
      for (const file of ['a.png', 'b.png', 'c.png']) writeFileSync(join(photos, split, name, file), picture);
    }
  }
});

describe('what is read', () => {
  test('relabels and drops, by index', async () => {
    const data = await openDataset(table);
    const [first, second] = [data.classNames[data.labels[0]!]!, data.classNames[data.labels[1]!]!];
    const path = csv(`relabel,train,0,${first},${second},,`, `drop,train,4,${first},,,`, `keep,train,1,${second},,,`);
    const corrections = await readCorrections([path], data);
    expect(corrections).toEqual({ relabelled: [{ index: 0, label: data.labels[1] }], dropped: [4] });
    const after = corrected(data, corrections);
    expect(after.labels[0]).toBe(data.labels[1]);
    expect(data.labels[0]).not.toBe(data.labels[1]);
    expect(after.fingerprint).not.toBe(data.fingerprint);
    expect((await openDataset(table, { corrections })).fingerprint).toBe(after.fingerprint);
    expect((await openDataset(table, { corrections, split: 'test' })).dropped).toBeUndefined();
    expect([...takingPart(after)]).not.toContain(4);
    const learnt = withoutDropped(after);
    expect([learnt.length, learnt.members![4], learnt.origin(4)]).toEqual([data.length - 1, 5, data.origin(5)]);
    expect(await learnt.examples([4, 0])).toEqual(await data.examples([5, 0]));
    expect(learnt.all!.slice(8, 10)).toEqual(await data.examples([5]));
    const matrix = { queries: 1, examples: learnt.length, values: new Float64Array(learnt.length).fill(1) };
    const spread = ofAllExamples(matrix, learnt, data.length);
    expect([spread.values.length, spread.values[4], spread.values[5]]).toEqual([data.length, 0, 1]);
  });

  test('several files, each about what those before it left', async () => {
    const data = await openDataset(table);
    const [was, is] = [data.labels[0]!, data.labels[1]!].map((label) => data.classNames[label]!);
    const first = csv(`relabel,train,0,${was},${is},,`, `drop,train,4,${was},,,`);
    const second = join(folder, 'second.csv');
    writeFileSync(second, [HEAD, `drop,train,0,${is},,,`, `relabel,train,2,${was},${is},,`].join('\n'));
    expect(await readCorrections([first, second], data)).toEqual({
      relabelled: [0, 2].map((index) => ({ index, label: data.labels[1] })),
      dropped: [0, 4],
    });
    expect(await inputErrorOf(() => readCorrections([second, first], data))).toMatch(
      /second\.csv: line 2: example 0 was/,
    );
  });

  test('what is kept has no effect but on the fingerprint', async () => {
    const data = await openDataset(table);
    const name = data.classNames[data.labels[0]!]!;
    const corrections = await readCorrections(
      [csv(`keep,train,0,${name},,,`, `relabel,train,0,${name},${name},,`)],
      data,
    );
    expect(corrections).toEqual({ relabelled: [], dropped: [] });
    expect(withoutDropped(corrected(data, corrections)).length).toBe(data.length);
  });

  test('names that our lists guard against being formulas, and files of a spreadsheet', async () => {
    const data = await openDataset(photos);
    const ofFile = (file: string) => Array.from(data.labels.keys()).find((index) => data.origin(index).file === file)!;
    const index = ofFile('train/-one/b.png');
    const written = listCsv(
      list(
        'decisions',
        [0],
        [
          text('decision', () => 'relabel'),
          text('split', () => 'train'),
          text('index', () => String(index)),
          text('label', () => '-one'),
          text('newLabel', () => 'two'),
          text('file', () => 'train/-one/b.png'),
          text('row', () => undefined),
        ],
      ),
    );
    expect(written).toContain("'-one");
    const path = join(folder, 'guarded.csv');
    const label = data.classNames.indexOf('two');
    for (const content of [written, `\ufeff${written.replaceAll(',', ';')}`]) {
      writeFileSync(path, content);
      expect(await readCorrections([path], data)).toEqual({ relabelled: [{ index, label }], dropped: [] });
    }
  });

  test('an example is found by its file, whatever its index is now', async () => {
    const data = await openDataset(photos);
    const path = csv('drop,train,0,two,,train/two/c.png,', 'drop,train,99,-one,,train/-one/a.png,');
    const { dropped } = await readCorrections([path], data);
    expect(dropped.map((index) => data.origin(index).file)).toEqual(['train/-one/a.png', 'train/two/c.png']);
  });
});

describe('what is refused', () => {
  const refused = async (path: string) => inputErrorOf(async () => readCorrections([path], await openDataset(photos)));

  test.each<[string, string[], RegExp]>([
    [
      'another label now',
      ['drop,train,0,two,,,'],
      /line 2: example 0 was "two" when this was decided, and is -one now;/,
    ],
    [
      'a class that there is not',
      ['relabel,train,0,-one,three,,'],
      /line 2: there is no class "three" \(newLabel\) among/,
    ],
    ['no class', ['relabel,train,0,-one,,,'], /line 2: there is no class empty \(newLabel\)/],
    ['an index outside', ['drop,train,6,two,,,'], /line 2: there is no example 6: the training split holds 6;/],
    ['an index that is none', ['drop,train,x,two,,,'], /line 2: the index is "x";/],
    [
      'a decision that is none',
      ['flip,train,0,-one,,,'],
      /line 2: the decision is "flip"; write keep, relabel or drop/,
    ],
    ['another split', ['drop,test,0,-one,,,'], /line 2: is about the split "test", and only training examples/],
    [
      'a file that is gone',
      ['drop,train,0,-one,,train/-one/z.png,'],
      /no training example is "train\/-one\/z\.png" any/,
    ],
    [
      'two decisions',
      ['drop,train,0,-one,,,', 'keep,train,0,-one,,,'],
      /line 3: example 0 was decided otherwise in line 2/,
    ],
    ['nothing', [], /decisions\.csv: holds no decisions;/],
    [
      'all',
      [0, 1, 2].flatMap((i) => [`drop,train,${i},-one,,,`, `drop,train,${i + 3},two,,,`]),
      /drops every training/,
    ],
  ])('%s', async (_, lines, message) => {
    expect(await refused(csv(...lines))).toMatch(message);
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    [
      'no column',
      'decision,split,index\ndrop,train,0\n',
      /has no column "label" \(its columns: decision, split, index\);/,
    ],
    ['an empty file', '', /is empty;/],
    ['no text', Uint8Array.from({ length: 400 }, (_, i) => (i * 7) % 256), /decisions\.bin: /],
    ['a missing cell', `${HEAD}\ndrop,train\n`, /line 2: has 2 cells, but the heading names 7 columns;/],
  ])('%s', async (_, content, message) => {
    const path = join(folder, 'decisions.bin');
    writeFileSync(path, content);
    expect(await refused(path)).toMatch(message);
  });

  test('no file', async () => {
    expect(await refused(join(folder, 'none.csv'))).toMatch(/none\.csv: no such file/);
  });
});
