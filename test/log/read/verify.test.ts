import { afterAll, expect, test } from '@jest/globals';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { codecChoices, type CodecChoice } from '../../../src/log/codecs/registry.js';
import { openLog } from '../../../src/log/read/reader.js';
import { verifyLog } from '../../../src/log/read/verify.js';
import { makeRun, removeTemporaryFolders, temporaryFolder, weightsAfter, writeRun } from '../helpers/training.js';

afterAll(removeTemporaryFolders);

const run = makeRun(60);

async function write(codec: CodecChoice): Promise<string> {
  const directory = temporaryFolder();
  await writeRun(directory, run, { codec, sealAfter: [30] });
  return directory;
}

const written = new Map(codecChoices.map((codec) => [codec, write(codec)]));
const logOf = async (codec: CodecChoice) => openLog(await written.get(codec)!);

const weights = (step: number) => ({ initial: run.initial, final: weightsAfter(run, step) });

test.each(codecChoices)('%s: the log and W(0) give W(T), and W of every seal', async (codec) => {
  const log = await logOf(codec);
  for (const step of [30, 60]) {
    const checks = await verifyLog(log, weights(step), {
      step,
      threads: step === 30 && codec === 'int8' ? 1 : 0,
      chunkSteps: 7,
    });
    expect(checks.map(({ tensor }) => tensor)).toEqual(['conv.weight', 'conv.bias', 'head.weight']);
    for (const check of checks) {
      expect(check.passed).toBe(true);
      expect(check.error).toBeLessThanOrEqual(check.reportedError + check.rounding);
      if (check.codec === 'float32') expect(check.reportedError).toBe(0);
      if (check.codec === 'int8') expect(check.error).toBeGreaterThan(check.rounding);
      // Half of 1/127 of the last update, of an update of 60 that wandered: a small part of the way.
      expect(check.relativeError).toBeLessThan(0.05);
    }
  }
});

test.each(codecChoices)('%s: a weight that is off by a thousandth of one update is found', async (codec) => {
  const log = await logOf(codec);
  const final = new Map([...weightsAfter(run, 60)].map(([name, values]) => [name, values.slice()]));
  const head = final.get('head.weight')!;
  head[17]! += 1e-6;
  const checks = await verifyLog(log, { initial: run.initial, final });
  expect(checks.filter(({ passed }) => !passed).map(({ tensor }) => tensor)).toEqual(['head.weight']);
  head[17] = NaN;
  expect((await verifyLog(log, { initial: run.initial, final }))[2]!.passed).toBe(false);
});

test('the weights of another step do not pass', async () => {
  const log = await logOf('int8');
  expect((await verifyLog(log, weights(59))).every(({ passed }) => !passed)).toBe(true);
});

test('weights of another model are refused', async () => {
  const log = await logOf('float32');
  const final = new Map(weightsAfter(run, 60)).set('head.weight', new Float32Array(34));
  await expect(verifyLog(log, { initial: run.initial, final })).rejects.toThrow(
    /"head.weight" has 34 elements in the model, 35/,
  );
  final.delete('head.weight');
  await expect(verifyLog(log, { initial: run.initial, final })).rejects.toThrow(/has no weights in the model/);
});

test('what is not sealed can be verified as far as it is lossless', async () => {
  for (const codec of ['float32', 'int8'] as const) {
    const directory = await write(codec);
    rmSync(join(directory, 'log', 'segment-00001', 'seal.log'));
    const log = await openLog(directory);
    expect(log.lastStep).toBe(60);
    const checks = verifyLog(log, weights(60));
    if (codec === 'float32') expect((await checks).every(({ passed }) => passed)).toBe(true);
    else await expect(checks).rejects.toThrow(/no segment is sealed after step 60/);
    expect((await verifyLog(log, weights(30), { step: 30 })).every(({ passed }) => passed)).toBe(true);
  }
});
