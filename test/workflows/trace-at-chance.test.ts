/** A trace of a run whose network does no better than guessing. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nodeRuntime } from '../../src/runtime/node.js';
import { traceToFolder } from '../../src/workflows/trace.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';
import { smallRun } from '../helpers/small-run.js';

const folder = temporaryFolder();

async function noticesOf(name: string, learningRate: number): Promise<string[]> {
  const { directory, dataSpec } = await smallRun(join(folder, name), { learningRate, epochs: 2 });
  const notices: string[] = [];
  await traceToFolder({
    runDirectory: directory,
    inputs: [`${dataSpec}@0`],
    out: join(folder, `${name} why`),
    options: { layers: ['fc2'] },
    runtime: nodeRuntime({ threads: 1 }),
    onNotice: (line) => notices.push(line),
  });
  return notices;
}

test('says that it explains no decision', async () => {
  expect(await noticesOf('at chance', 1e-7)).toContainEqual(
    expect.stringMatching(
      /: after epoch 2 the network was at chance, so what shaped its layers explains no decision; /,
    ),
  );
});

test('and so does its table of epochs', async () => {
  const { stdout } = await runHere(['inspect', join(folder, 'at chance', 'run')]);
  expect(stdout.match(/ % \(at chance\)$/gm)).toHaveLength(2);
});

test('does not say so of one that learns', async () => {
  expect((await noticesOf('learns', 0.02)).filter((line) => line.includes('at chance'))).toEqual([]);
});
