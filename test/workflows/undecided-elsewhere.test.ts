/** `representer` and `attribute` of a network whose units are dead: its class scores are their bias. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { readModelFile, writeModelFile } from '../../src/onnx/file.js';
import { graphOf } from '../../src/onnx/model.js';
import { encodeTensor } from '../../src/onnx/tensor-proto.js';
import { readResult } from '../../src/results/result-file.js';
import { float32 } from '../../src/tensor.js';
import { blobs, writeNpz } from '../helpers/blobs.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { paperText } from '../helpers/pages/page-text.js';
import { runHere } from '../helpers/in-process.js';

jest.setTimeout(60_000);

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const COMMANDS = [
  ['representer', ['--data', at('data.npz'), '--no-cache'], 'They raise the score'],
  ['attribute', ['--method', 'gradient'], 'What speaks for '],
] as const;

/** What a reader sees of a page, with a script or without. */
function shownText(out: string): string {
  const page = readFileSync(join(out, 'index.html'), 'utf8');
  return page.includes('<noscript>') ? paperText(page) : page;
}

beforeAll(async () => {
  writeNpz(folder, 'data.npz', { ...blobs(60), x_test: blobs(30).x, y_test: blobs(30).y });
  const create = ['create', 'mlp', '--input-shape', '4', '--hidden', '8', '--classes', '3', '--out', at('alive.onnx')];
  expect((await runHere(create)).code).toBe(0);
  const { model } = await readModelFile(at('alive.onnx'));
  for (const stored of graphOf(model).initializer) {
    const { name, dims } = stored;
    // All units of the hidden layer far below 0; something that tells the classes apart in the last bias.
    const values =
      dims.length > 1 ? undefined : Number(dims[0]) === 8 ? new Float32Array(8).fill(-1e4) : [0.3, 0, -0.2];
    if (values) Object.assign(stored, encodeTensor(name, float32(values)));
  }
  await writeModelFile(at('dead.onnx'), model);
});

test.each(COMMANDS)('%s says so in a line, and shows nothing as a reason', async (command, more, shown) => {
  const out = at(`${command}-dead`);
  const asked = [command, '--model', at('dead.onnx'), '--input', `${at('data.npz')}@1`, ...more, '--out', out];
  const { code, stdout, stderr } = await runHere(asked);
  const line = /the class scores are the same for every input, to 0\.0 % over \d+ others, so there are no shares/;
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: expect.stringMatching(line),
    stderr: expect.stringMatching(line),
  });
  const { queries } = (await readResult(join(out, 'result.json'))) as unknown as { queries: { undecided?: string }[] };
  expect(queries[0]!.undecided).toMatch(line);
  const page = shownText(out);
  expect(page).toMatch(/The class scores are the same for every input/);
  expect(page).not.toContain(shown);
});

test.each(COMMANDS)('%s says nothing of a network that tells inputs apart', async (command, more, shown) => {
  const out = at(`${command}-alive`);
  const asked = [command, '--model', at('alive.onnx'), '--input', `${at('data.npz')}@1`, ...more, '--out', out];
  const { code, stderr } = await runHere(asked);
  expect(code).toBe(0);
  expect(stderr).not.toContain('the same for every input');
  expect(shownText(out)).toContain(shown);
});
