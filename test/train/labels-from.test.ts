/** `train --labels-from`: a run learns from corrected labels, remembers them, and all that asks the run sees them. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openDataset } from '../../src/data/open-dataset.js';
import { openLog } from '../../src/log/read/reader.js';
import { readResult } from '../../src/results/result-file.js';
import type { AuditResult } from '../../src/results/audit.js';
import type { InfluenceResult } from '../../src/results/influence.js';
import type { TraceResult } from '../../src/results/trace.js';
import { checkWholeRun } from '../../src/run/check-run.js';
import { readManifest } from '../../src/run/manifest-file.js';
import { inputErrorOf, temporaryFolder } from '../helpers/data-files.js';
import { contentsOf } from '../helpers/folders.js';
import { runHere } from '../helpers/in-process.js';
import { makeRuns, trainingIn } from '../helpers/runs/whole-run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const { start, dataSpec, modelPath } = trainingIn(folder);
const DROPPED = Array.from({ length: 12 }, (_, i) => 3 + 20 * i);
const RELABELLED = [10, 11, 12, 13];

beforeAll(async () => {
  await makeRuns(folder);
  const data = await openDataset(dataSpec);
  const name = (index: number) => data.classNames[data.labels[index]!]!;
  const place = (index: number) => `${data.origin(index).file ?? ''},${data.origin(index).row ?? ''}`;
  const other = (index: number) => data.classNames[(data.labels[index]! + 1) % 10]!;
  const lines = [
    ...DROPPED.map((index) => `drop,train,${index},${name(index)},,${place(index)}`),
    ...RELABELLED.map((index) => `relabel,train,${index},${name(index)},${other(index)},${place(index)}`),
  ];
  writeFileSync(at('decisions.csv'), ['decision,split,index,label,newLabel,file,row', ...lines, ''].join('\n'));
  const onProgress = ({ step }: { step: number }) => {
    const filter = (path: string) => !path.endsWith('train.lock');
    if (step === 10) cpSync(at('corrected'), at('cut off'), { recursive: true, filter });
  };
  await start('corrected', { labelsFrom: [at('decisions.csv')], onProgress });
});

describe('a run', () => {
  test('remembers its corrections, and its fingerprint covers them', async () => {
    const manifest = await readManifest(at('corrected'));
    const plain = await readManifest(at('whole'));
    const { relabelled, dropped } = manifest.input.corrections!;
    expect(dropped).toEqual(DROPPED);
    expect(relabelled.map(({ index }) => index)).toEqual(RELABELLED);
    expect(manifest.data.fingerprint).not.toBe(plain.data.fingerprint);
    expect(manifest.data.examples).toBe(plain.data.examples);
    expect(manifest.run).not.toBe(plain.run);
    expect(plain.input).not.toHaveProperty('corrections');
    await checkWholeRun(at('corrected'), manifest);
    expect((await runHere(['inspect', at('corrected')])).stdout).toContain('4 examples were relabelled, 12 dropped');
  });

  test('uses every example that is left once an epoch, none that is dropped, and batches of the new classes', async () => {
    const manifest = await readManifest(at('corrected'));
    const data = await openDataset(dataSpec, { corrections: manifest.input.corrections });
    const used: number[] = [];
    for await (const { examples, class: label } of (await openLog(at('corrected'), manifest)).steps()) {
      used.push(...examples);
      expect(new Set(examples.map((index) => data.labels[index]!))).toEqual(new Set([label]));
    }
    const left = Array.from({ length: 300 }, (_, i) => i).filter((index) => !DROPPED.includes(index));
    expect(used.sort((a, b) => a - b)).toEqual(left);
  });

  test('goes on with them to the same bytes, without the file', async () => {
    await start('cut off', { resume: true });
    expect(contentsOf(at('cut off'))).toEqual(contentsOf(at('corrected')));
  });

  test('does not go on with others', async () => {
    const again = () => start('cut off', { resume: true, labelsFrom: [at('decisions.csv')] });
    expect(await inputErrorOf(again)).toMatch(/^`labelsFrom`: a run that is resumed has its own labels/);
    cpSync(at('corrected'), at('changed'), { recursive: true });
    const path = join(at('changed'), 'run.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"dropped": [\n        3,', '"dropped": [\n        4,'));
    expect(await inputErrorOf(() => readManifest(at('changed')))).toMatch(/was changed after it was written/);
  });
});

describe('what asks the run', () => {
  const done = async <R>(command: string, ...args: string[]): Promise<R> => {
    const out = at(`out-${command}-${args.length}`);
    const { code, stderr } = await runHere([
      command,
      at('corrected'),
      ...args,
      ...(['trace', 'influence', 'audit'].includes(command) ? ['--no-map'] : []),
      '--out',
      out,
      '--quiet',
      '--threads',
      '1',
    ]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    return (await readResult(join(out, 'result.json'))) as R;
  };
  let labels: Int32Array | undefined;
  const truth = async (index: number) => {
    if (labels === undefined) {
      const { corrections } = (await readManifest(at('corrected'))).input;
      ({ labels } = await openDataset(dataSpec, { corrections }));
    }
    return labels[index]!;
  };

  test('trace: by its indices, without what was dropped, with the new labels', async () => {
    const input = ['--input', `${dataSpec}@10`, '--input-split', 'train', '--top-k', '300'];
    const { queries } = await done<TraceResult>('trace', ...input, '--layer', 'fc2', '--split', 'exact');
    expect(queries[0]!.truth!.class).toBe(await truth(10));
    const listed = queries[0]!.layers.flatMap(({ examples, opponents }) => [...examples, ...opponents]);
    expect(listed.length).toBeGreaterThan(200);
    for (const { index, label, row } of listed) {
      expect(DROPPED).not.toContain(index);
      expect([label, row]).toEqual([await truth(index), index]);
    }
  });

  test('influence: by a replay, and by the last layer', async () => {
    for (const method of ['metagradient', 'influence-function']) {
      const args = [
        '--input',
        `${dataSpec}@0`,
        '--method',
        method,
        '--top-k',
        '300',
        ...(method === 'metagradient' ? [] : ['--verify', '1']),
      ];
      const { queries } = await done<InfluenceResult>('influence', ...args);
      const listed = [...queries[0]!.examples, ...queries[0]!.opponents];
      expect(listed.length).toBe(288);
      for (const { index, label, row } of listed) {
        expect(DROPPED).not.toContain(index);
        expect([label, row]).toEqual([await truth(index), index]);
      }
    }
  });

  test('audit: whatever evidence it takes', async () => {
    for (const by of ['combined', 'metagradient']) {
      const found = await done<AuditResult>(
        'audit',
        '--by',
        by,
        '--top-k',
        '288',
        ...(by === 'combined' ? [] : ['--seed', '0']),
      );
      expect([found.examples, found.suspects.length]).toEqual([288, 288]);
      for (const { index, label, row, opponents } of found.suspects) {
        expect(DROPPED).not.toContain(index);
        expect([label, row]).toEqual([await truth(index), index]);
        for (const opponent of opponents) expect(opponent.label).toBe(await truth(opponent.index));
      }
    }
  });

  test('evaluate, trends', async () => {
    await done(
      'evaluate',
      '--protocol',
      'lds',
      '--methods',
      'metagradient,influence-function,gradient-norm',
      '--queries',
      '3',
      '--subsets',
      '4',
    );
    await done('trends', '--method', 'gradient', '--images', '1');
  });
});

test('on the command line: one line, exit code 2', async () => {
  const lines = readFileSync(at('decisions.csv'), 'utf8').split('\n');
  writeFileSync(
    at('stale.csv'),
    [...lines.slice(0, 2), lines[2]!.replace(/,train,23,[^,]+/, ',train,23,Bat')].join('\n'),
  );
  const args = [
    'train',
    '--model',
    modelPath,
    '--data',
    dataSpec,
    '--labels-from',
    at('stale.csv'),
    '--out',
    at('bad'),
  ];
  const { code, stderr } = await runHere(args);
  expect(stderr).toMatch(/stale\.csv: line 3: example 23 was "Bat" when this was decided, and is /);
  expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
});
