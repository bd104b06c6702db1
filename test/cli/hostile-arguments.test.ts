/** Arguments that make no sense: one line that names them, and exit code 2, for every command. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import yargs from 'yargs';
import { allCommands, COMMAND_NAMES } from '../../src/cli/commands/registry.js';
import { writeModelFile } from '../../src/onnx/file.js';
import { create } from '../../src/zoo/create.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runHere } from '../helpers/in-process.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
/** Nothing may be written here, and nothing is there yet. */
const OUT = at('out');

/** What each command needs to be whole. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  demo: ['--out', OUT, '--quiet'],
  create: ['mlp', '--out', OUT],
  inspect: [at('m.onnx')],
  train: ['--model', at('m.onnx'), '--data', at('empty'), '--out', OUT],
  trace: [at('empty'), '--input', 'fashion-mnist-sample@1', '--out', OUT],
  influence: [at('empty'), '--input', 'fashion-mnist-sample@1', '--out', OUT],
  evaluate: [at('empty'), '--out', OUT],
  representer: ['--model', at('m.onnx'), '--data', at('empty'), '--out', OUT],
  audit: ['--model', at('m.onnx'), '--data', at('empty'), '--out', OUT],
  attribute: ['--model', at('m.onnx'), '--input', at('missing.png'), '--out', OUT],
  trends: [at('empty'), '--out', OUT],
  check: [at('m.onnx'), '--baseline', at('missing.json')],
  merge: [at('empty'), '--out', OUT],
  worker: ['--redis', 'redis://127.0.0.1:1'],
  report: [at('empty'), '--out', OUT],
  serve: [at('empty')],
  completion: ['bash'],
};

/** Commands that are whole without any argument. */
const WHOLE_ALONE: readonly string[] = ['demo', 'completion'];

/** Where a command can be whole in another way. */
const OTHERWISE: readonly (readonly [string, readonly string[]])[] = [
  ['influence', ['--model', at('m.onnx'), '--data', at('empty'), '--input', at('missing.png'), '--out', OUT]],
];

const COMMANDS = await allCommands();

interface Flags {
  readonly key: Readonly<Record<string, unknown>>;
  readonly number: readonly string[];
  readonly string: readonly string[];
  readonly boolean: readonly string[];
}

/** The flags of a command by kind, as yargs knows them. */
function flagsOf(name: string): Flags {
  const parser = yargs([]);
  COMMANDS.find(({ command }) => command.startsWith(name))!.builder(parser);
  return (parser as unknown as { getOptions: () => Flags }).getOptions();
}

beforeAll(async () => {
  for (const name of ['CI', 'GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY']) delete process.env[name];
  await writeModelFile(at('m.onnx'), create('mlp', { inputShape: [6], hidden: [4], classes: 3 }));
  writeFileSync(at('text'), 'neither a model nor a folder');
  mkdirSync(at('empty'));
});

async function refused(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  expect({ args, code, stdout, stderr }).toEqual({ args, code: 2, stdout: '', stderr: expect.any(String) });
  expect(stderr).toMatch(/^onnx-explain: [^\n]+\n$/);
  expect(readdirSync(folder).sort()).toEqual(['empty', 'm.onnx', 'text']);
  return stderr;
}

test('every command is in the table', () => {
  expect(Object.keys(WHOLE).sort()).toEqual([...COMMAND_NAMES].sort());
});

const CASES = [...COMMAND_NAMES.map((name) => [name, WHOLE[name]!] as const), ...OTHERWISE];

describe.each(CASES)('%s', (name, whole) => {
  test('help describes every flag in the words of a native, and ends with an example', async () => {
    const { code, stdout } = await runHere([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n +onnx-explain /);
    expect(stdout).not.toMatch(/unless told/);
    for (const flag of Object.keys(flagsOf(name).key).filter((each) => each === each.toLowerCase())) {
      expect(stdout).toMatch(new RegExp(`(--| )${flag}\\s+[^\\s[]`));
    }
  });

  test('an unknown flag, no arguments, too many', async () => {
    expect(await refused([name, ...whole, '--odd-flag'])).toMatch(/odd-flag/);
    // eslint-disable-next-line no-control-regex -- that none gets through is the point
    expect(await refused([name, ...whole, '--\u001b[31m\u202e::error::x'])).not.toMatch(/\u001b|\u202e/);
    if (!WHOLE_ALONE.includes(name)) await refused([name]);
    await refused([name, ...whole, 'one', 'two', 'three']);
  });

  test('a number that is none, or cannot be', async () => {
    const given = new Set(whole);
    for (const flag of new Set(flagsOf(name).number)) {
      if (given.has(`--${flag}`) || flag !== flag.toLowerCase()) continue;
      for (const value of ['NaN', '-1', '1e999', 'many', '']) await refused([name, ...whole, `--${flag}=${value}`]);
      await refused([name, ...whole, `--${flag}`]);
      await refused([name, ...whole, `--${flag}=1`, `--${flag}=1`]);
    }
  });

  test('a replay without memory', async () => {
    if (!flagsOf(name).number.includes('memory')) return;
    for (const megabytes of ['0', '-1']) {
      const line = `onnx-explain: --memory ${megabytes}: expected megabytes, a number above 0\n`;
      expect(await refused([name, ...whole, `--memory=${megabytes}`])).toBe(line);
    }
  });

  test('text that is empty or missing', async () => {
    for (const flag of new Set(flagsOf(name).string)) {
      const isPositional =
        ['path', 'run', 'architecture', 'model', 'partials'].includes(flag) && !whole.includes(`--${flag}`);
      if (isPositional || flag !== flag.toLowerCase()) continue;
      const rest = whole.filter((each, i) => each !== `--${flag}` && whole[i - 1] !== `--${flag}`);
      expect(await refused([name, ...rest, `--${flag}=`])).toMatch(new RegExp(flag));
      expect(await refused([name, ...rest, `--${flag}`])).toMatch(new RegExp(flag));
    }
  });

  test('a folder for a file, and a file for a folder', async () => {
    for (const [from, to] of [
      [at('m.onnx'), at('empty')],
      [at('m.onnx'), at('text')],
      [at('empty'), at('text')],
      [at('missing.png'), at('empty')],
      [at('missing.json'), at('empty')],
      [OUT, join(at('text'), 'inside')],
      [OUT, at(name === 'create' ? 'empty' : 'text')],
    ] as const) {
      if (whole.includes(from)) await refused([name, ...whole.map((each) => (each === from ? to : each))]);
    }
  });
});
