/** The examples run as a reader would run them, in processes of their own, and say what they promise. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand, type Ended } from './helpers/command-line.js';

const EXAMPLES = resolve('examples');
const MODEL = resolve('models', 'mlp.onnx');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a file of the examples in the folder. */
function run(program: string, file: string, ...args: string[]): Promise<Ended> {
  const env = { ...process.env, ONNX_EXPLAIN: `node ${resolve('dist', 'cli', 'main.js')}`, CI: 'true' };
  return new Promise((done) => {
    const child = execFile(program, [join(EXAMPLES, file), ...args], { cwd: folder, env }, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? undefined, stdout, stderr }),
    );
  });
}

const node = (file: string, ...args: string[]) => run(process.execPath, file, ...args);

test('training and tracing names training images of the last layer', async () => {
  const { code, stdout, stderr } = await node('train-and-trace.mjs', 'run', '1');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^finished after \d+ steps$/m);
  expect(stdout.match(/training image \d+, class \d: γ = [\d.e-]+ in layer/g)).toHaveLength(5);
  expect(existsSync(join(folder, 'run', 'why', 'index.html'))).toBe(true);
});

test('attribution writes the maps that it names, and tells what the caller can mend in one line', async () => {
  const { code, stdout } = await node('attribute.mjs', resolve('models', 'lenet.onnx'));
  expect(code).toBe(0);
  const files = Array.from(stdout.matchAll(/see (\S+)$/gm), ([, file]) => file!);
  expect(files).toHaveLength(3);
  for (const file of files) expect(existsSync(join(folder, file))).toBe(true);

  const missing = await node('attribute.mjs', 'missing.onnx');
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/^missing\.onnx: .*\n$/);
});

test('representer values sum to the score', async () => {
  const { code, stdout } = await node('representer-points.mjs', MODEL);
  expect(code).toBe(0);
  const [, score, sum] = /score of .* (-?[\d.]+), sum of all values (-?[\d.]+)/.exec(stdout)!;
  // Both are printed to four digits; the fit ends where the sum is off by far less.
  expect(Math.abs(Number(score) - Number(sum))).toBeLessThan(2e-4);
  expect(stdout).toMatch(/raised most by image \d+ .*\n.*lowered most by image \d+/);
});

test('the gate passes the accepted model, and neither another one nor one that is missing', async () => {
  const accepted = ['check', MODEL, '--baseline', 'baseline.json', '--update-baseline'];
  const made = await runCommand([...accepted, '--force', '--probes', '8'], folder);
  expect({ code: made.code, stderr: made.code === 0 ? '' : made.stderr }).toEqual({ code: 0, stderr: '' });
  const gate = (model: string) => run('sh', 'gate.sh', model, 'baseline.json');
  expect(await gate(MODEL)).toMatchObject({ code: 0, stdout: expect.stringContaining('gate: passed') });
  expect(await gate(resolve('models', 'lenet.onnx'))).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('gate: the model has regressed'),
  });
  expect(readFileSync(join(folder, 'check.md'), 'utf8')).not.toBe('');
  expect((await gate('missing.onnx')).code).toBe(2);
});

test('every example is short, and in the list', () => {
  const list = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  for (const name of readdirSync(EXAMPLES).filter((file) => file !== 'README.md')) {
    expect(list).toContain(`](${name})`);
    expect(readFileSync(join(EXAMPLES, name), 'utf8').split('\n').length).toBeLessThanOrEqual(60);
  }
});
