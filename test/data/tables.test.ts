/** What columns of tables mean, and what is refused; by CSV, which says least of itself. */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openDataset, type OpenOptions } from '../../src/data/open-dataset.js';
import { inputErrorOf, temporaryFolder, writeFiles } from '../helpers/data-files.js';

const folder = temporaryFolder();
let count = 0;
const write = (content: string | Uint8Array, ending = 'csv'): string => {
  const name = `${count++}.${ending}`;
  return join(writeFiles(folder, { [name]: content }), name);
};

async function open(content: string, options: OpenOptions = {}, ending = 'csv') {
  const notices: string[] = [];
  const spec = write(content, ending);
  const data = await openDataset(spec, { ...options, onNotice: (line) => notices.push(line.replaceAll(spec, 'file')) });
  const all = Array.from({ length: data.length }, (_, i) => i);
  return { data, notices, elements: Array.from(await data.examples(all)), rows: all.map((i) => data.origin(i).row) };
}

const refusal = async (content: string | Uint8Array, options: OpenOptions = {}, ending = 'csv'): Promise<string> => {
  const spec = write(content, ending);
  return (await inputErrorOf(() => openDataset(spec, options))).replaceAll(spec, 'file');
};

describe('columns', () => {
  test('numbers and booleans are features in order, text is kept, the index of pandas is left out', async () => {
    const { data, notices, elements } = await open(
      ',a,name,"b ""x""",ok,label\n7,1.5,"x, y",-2e3,True,cat\n3,.25,,+4,FALSE,dog\n9,0,z,5,true,cat\n',
    );
    expect(data.featureNames).toEqual(['a', 'b "x"', 'ok']);
    expect(elements).toEqual([1.5, -2000, 1, 0.25, 4, 0, 0, 5, 1]);
    expect([data.shape, data.kind, data.elementType, data.classNames, Array.from(data.labels)]).toEqual([
      [3],
      'vector',
      'float32',
      ['cat', 'dog'],
      [0, 1, 0],
    ]);
    expect([0, 1, 2].map((i) => data.origin(i).notes)).toEqual([{ name: 'x, y' }, { name: '' }, { name: 'z' }]);
    expect(notices).toEqual([
      'file: left out the column (without a name) of row numbers, which is an index',
      'file: left the column of text out of the features (name), to be shown beside the examples',
      expect.stringContaining('labels are names; their classes are numbered'),
      expect.stringContaining('every 10th example is held out'),
    ]);
  });

  test('numbers among text are told with the text and its line', async () => {
    const { notices } = await open('a,b,y\n1,1,0\n2,?,1\n');
    expect(notices[0]).toMatch(/out of the features \(b\), .*; b holds "\?" in line 3$/);
  });

  test.each([',', ';', '\t'])(
    'cells are separated by %j, lines end as on Windows, a mark stands at the start',
    async (mark) => {
      const text = `\ufeff${[
        ['a', 'b;b,b', 'y'],
        ['1', '2', '0'],
        ['3', '4', '1'],
      ]
        .map((row) => row.map((cell) => (/[;,]/.test(cell) ? `"${cell}"` : cell)).join(mark))
        .join('\r\n')}\r\n\r\n`;
      const { data, elements } = await open(text, {}, mark === '\t' ? 'tsv' : 'csv');
      expect([data.featureNames, elements]).toEqual([
        ['a', 'b;b,b'],
        [1, 2, 3, 4],
      ]);
    },
  );

  test('a quoted cell may hold line ends; lines and rows are counted all the same', async () => {
    const { rows, data } = await open('a,t,y\n1,"one\ntwo",0\n2,,1\n');
    expect([rows, data.origin(0).notes]).toEqual([[0, 1], { t: 'one\\u{a}two' }]);
    expect(await refusal('a,t,y\n1,"one\ntwo",0\nnan,,1\n')).toContain('file: line 4, column a: holds nan');
  });

  test('where the first quote stands makes no difference', async () => {
    const line = (i: number, quote = ''): string => `${i / 4}, ${quote}x${i}${quote} ,${i % 3}`;
    const table = (quoted: number, end: string): string =>
      ['a,t,y', ...Array.from({ length: 9000 }, (_, i) => line(i, i === quoted ? '"' : '')), ''].join(end);
    const plain = await open(table(-1, '\n'));
    expect([plain.data.length, plain.data.origin(8000).notes!.t]).toEqual([8100, `x${plain.rows[8000]!}`]);
    for (const text of [
      table(0, '\n'),
      table(4000, '\r\n'),
      table(8998, '\n'),
      table(-1, '\r\n'),
      table(-1, '\n\n').trimEnd(),
    ]) {
      const { data, rows } = await open(text);
      expect([data.fingerprint, rows, data.origin(8099).notes]).toEqual([
        plain.data.fingerprint,
        plain.rows,
        plain.data.origin(8099).notes,
      ]);
    }
    for (const quoted of [-1, 10, 7000]) {
      expect(await refusal(`${table(quoted, '\n')}nan,x,0\n`)).toContain('line 9,002, column a: holds nan');
    }
  });

  test('counting names are a heading, as pandas writes arrays', async () => {
    expect((await open('0,1,2,label\n5,6,7,0\n8,9,1,1\n')).data.featureNames).toEqual(['0', '1', '2']);
  });
});

describe('labels', () => {
  test.each([
    ['whole numbers', ['1', '0', '2'], [1, 0, 2], ['0', '1', '2']],
    ['whole floats', ['1.0', '0.0', '2.0'], [1, 0, 2], ['0', '1', '2']],
    ['booleans', ['true', 'False', 'true'], [1, 0, 1], ['false', 'true']],
    ['names', ['b', 'a', 'b'], [1, 0, 1], ['a', 'b']],
    ['names and numbers', ['1', 'none', '1'], [0, 1, 0], ['1', 'none']],
  ])('%s', async (_, cells, labels, names) => {
    for (const name of ['label', 'Labels', 'CLASS', 'target', 'y']) {
      const { data } = await open(`a,${name}\n${cells.map((cell, i) => `${i},${cell}`).join('\n')}\n`);
      expect([Array.from(data.labels), data.classNames]).toEqual([labels, names]);
    }
  });

  test('`labelColumn` names another column; the usual one is then a feature', async () => {
    const { data } = await open('a,label,kind\n1,7,x\n2,8,y\n', { labelColumn: 'kind' });
    expect([data.featureNames, data.classNames]).toEqual([
      ['a', 'label'],
      ['x', 'y'],
    ]);
  });

  test.each([
    ['no such column', 'a,b\n1,0\n', {}, 'none of its columns is called label, labels, class, target, y; name the one'],
    ['two of them', 'label,a,y\n1,2,0\n', {}, 'the columns label and y may both hold labels; name the one that holds'],
    ['a wrong name', 'a,y\n1,0\n', { labelColumn: 'z' }, 'has no column "z"; choose a `labelColumn` of a, y'],
    [
      'fractions',
      'a,y\n1,0\n2,1.5\n',
      {},
      'line 3, column y: the label is 1.5, but classes are whole numbers or names',
    ],
    ['a gap', 'a,y\n1,\n', {}, 'line 2, column y: holds no label; add it or take the row out'],
    ['less than 0', 'a,y\n1,-1\n', {}, 'column y: example 0 has the label -1, expected a class number from 0'],
  ])('%s', async (_, text, options, message) => {
    expect(await refusal(text, options)).toContain(message);
  });

  test('so many different fractions that they cannot all be kept', async () => {
    const lines = Array.from({ length: 100_002 }, (_, i) => `1,${i + 0.5}`);
    expect(await refusal(`a,y\n${lines.join('\n')}`)).toContain('classes are whole numbers or names');
  });
});

describe('splits', () => {
  test('a column called split', async () => {
    const text = 'a,y,split\n1,0,train\n2,1,Test\n3,2,train\n4,0,val\n';
    const train = await open(text);
    const held = await open(text, { split: 'test' });
    expect([train.elements, train.rows, held.elements, held.rows]).toEqual([[1, 3], [0, 2], [2], [1]]);
    expect(train.data.classNames).toEqual(['0', '1', '2']);
    expect(train.notices).toEqual(['file: left out the rows whose split is val']);
    expect(await refusal('a,y,split\n1,0,train\n', { split: 'test' })).toContain('has no test split');
    expect(await refusal('a,y,split\n1,0,train\n1,0,later\n')).toContain('line 3, column split: "later" is no split');
  });

  test('val stands for test where there is no test', async () => {
    const { elements } = await open('a,y,split\n1,0,train\n2,1,val\n', { split: 'test' });
    expect(elements).toEqual([2]);
  });

  test('a column of numbers called split is a feature', async () => {
    expect((await open('split,y\n1,0\n2,1\n')).data.featureNames).toEqual(['split']);
  });

  test('every tenth is held out otherwise, and rows count in the whole file', async () => {
    const text = `a,y\n${Array.from({ length: 30 }, (_, i) => `${i},0`).join('\n')}`;
    const held = await open(text, { split: 'test' });
    expect([held.rows, held.elements]).toEqual([
      [9, 19, 29],
      [9, 19, 29],
    ]);
  });
});

describe('what is refused, in one line with file, line and mend', () => {
  test.each([
    ['a gap', 'a,y\n1,0\n,1\n', 'line 3, column a: holds nothing in a column of numbers; fill the gap'],
    ['infinity', 'a,y\n1,0\n-inf,1\n', 'line 3, column a: holds -inf in a column of numbers'],
    ['too many cells', 'a,y\n1,0,5\n', 'line 2: has 3 cells, but the heading names 2 columns; correct the line'],
    ['too few cells', 'a,y\n1\n', 'line 2: has 1 cell, but the heading names 2 columns'],
    [
      'no heading',
      '5.1,3.5,setosa\n1,2,x\n',
      'line 1: holds numbers where the names of the columns are expected; put a line',
    ],
    ['no heading at all', '', 'is empty; give a table with a line of column names'],
    ['no rows', 'a,y\n', 'holds no rows; add some'],
    ['a name twice', 'a,b,a,y\n1,2,3,4', 'line 1: names the column "a" twice'],
    [
      'nothing but text',
      'a,y\nx,0\n',
      'has no column of numbers beside the label (a holds "x" in line 2); give the features',
    ],
    ['an open quote', 'a,y\n1,"0\n2,1\n', 'a quote is never closed'],
    ['a quote in a cell', 'a,y\n1,0\n2"3",1\n', 'line 3: a quote stands inside of a cell; quote the whole cell'],
    ['a zero byte', 'a,y\n1,0\n2,\0\n', 'line 3: holds a zero byte, which no text has'],
    ['too large for a float32', 'a,y\n1e39,0\n', 'line 2, column a: 1e39 is larger than a float32 can be; scale'],
  ])('%s', async (_, text, message) => {
    const found = await refusal(text);
    expect(found).toContain(message);
    expect(found).toMatch(/^file: .*; /);
  });

  test('text in other encodings', async () => {
    expect(await refusal(Buffer.from('a,y\n1,caf\xe9\n', 'latin1'))).toContain(
      'line 2: holds letters that are not in UTF-8',
    );
    expect(await refusal(Buffer.from('\ufeffa,y\n1,0\n', 'utf16le'))).toContain('line 1: is text in UTF-16');
  });

  test('a character across two pieces of the file is one', async () => {
    for (const padding of [0, 1, 2]) {
      const { data } = await open(`t,a,y\n${'x'.repeat(65_525 + padding)}${'鳥'.repeat(9)},1,0\n${'b'},2,1\n`);
      expect(data.length).toBe(2);
    }
  });

  test('a row without end, and more columns than any table has', async () => {
    expect(await refusal(`a,y\n1,"${'x'.repeat(17 << 20)}\n`)).toContain(
      'a row does not end; a quote may never be closed',
    );
    expect(await refusal(`a,y\n${','.repeat(1_000_001)}\n`)).toMatch(/line 2: has more than 1,000,000 cells/);
  });

  test('more than the memory limit', async () => {
    const text = `a,b,c,d,e,y\n${'1,2,3,4,5,0\n'.repeat(100)}`;
    expect(await refusal(text, { memoryLimit: 1700 })).toContain(
      'takes 1.76 KiB, more than the memory limit of 1.66 KiB',
    );
    expect(await refusal(text, { memoryLimit: 1000 })).toContain('holds more rows than fit into the memory limit');
  });

  test('lists in lists without end are no array', async () => {
    const deep = `${'['.repeat(100_000)}1${']'.repeat(100_000)}`;
    const line = (y: number): string => `{"a": 1, "b": ${deep}, "y": ${y}}`;
    const spec = write(`${line(0)}\n${line(1)}\n`, 'jsonl');
    const outcome = await openDataset(spec).then(
      ({ featureNames }) => featureNames,
      (error: Error) => error.message,
    );
    expect([['a'], expect.stringContaining('line 1: is no JSON object')]).toContainEqual(outcome);
  });

  test('JSON that is no JSON-lines', async () => {
    const of = (text: string): Promise<string> => refusal(text, {}, 'jsonl');
    expect(await of('[{"a": 1}]')).toContain(
      'line 1: is a JSON array, expected an object; give one JSON object a line',
    );
    expect(await of('{"a": 1, "y": 0}\n{"a": 1')).toContain('line 2: is no JSON object');
    expect(await of('{"a": 1, "y": 0}\n7\n')).toContain('line 2: is no JSON object');
    expect(await of('{"a": 1, "y": 0}\n\n{"a": 1}\n')).toContain('line 3: has no key "y", which the first line has');
    expect(await of('{"y": 0}\n{"y": 1, "b": 1}\n')).toContain('line 2: has the key "b", which the first line has not');
    expect(await of('{"a": [1, 2], "y": 0}\n{"a": [1], "y": 1}\n')).toContain(
      'line 2, column a: holds a list of another length',
    );
  });
});
