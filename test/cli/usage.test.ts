/** What every command owes its user: help, one line for a mistake, and exit code 2. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import yargs from 'yargs';
import { allCommands, COMMAND_NAMES, commandsFor } from '../../src/cli/commands/registry.js';
import { flagNames, ownGroups } from '../../src/cli/groups.js';
import { optionNames } from '../../src/cli/option-names.js';
import { runCommand } from '../helpers/command-line.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runIn } from '../helpers/in-process.js';

const folder = temporaryFolder();
const run = (...args: string[]) => runCommand(args, folder);

beforeAll(async () => {
  expect((await run('create', 'mlp', '--out', 'mlp.onnx')).code).toBe(0);
  writeFileSync(join(folder, 'text.onnx'), 'this is no model');
  mkdirSync(join(folder, 'empty'));
});

test.each(COMMAND_NAMES)(
  '%s --help describes each flag, those that every command takes too, and has an example',
  async (command) => {
    const { code, stdout } = await runIn(folder, [command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    const options = stdout.slice(0, stdout.indexOf('Examples:'));
    const flags = options.split('\n').filter((line) => /^\s+--/.test(line));
    expect(flags.length).toBeGreaterThan(3);
    for (const line of flags) expect(line).toMatch(/^\s+--[\w-]+(, --[\w-]+)*\s{2,}\S|^\s+--[\w-]+$/);
    for (const flag of ['json', 'quiet', 'seed', 'threads', 'execution-provider']) {
      expect(stdout).toMatch(new RegExp(`^\\s+--${flag}\\s`, 'm'));
    }
  },
);

test('--help says what each command is for, in a line, without loading any', async () => {
  const { code, stdout } = await runIn(folder, ['--help']);
  expect(code).toBe(0);
  for (const name of COMMAND_NAMES) {
    const [line] = new RegExp(`^  ${name} .*$`, 'm').exec(stdout)!;
    expect(line).toMatch(/^ {2}[a-z]+ {2,}[A-Z]/);
    expect(line.length).toBeLessThanOrEqual(80);
  }
});

test('help is in English wherever it is read, as everything else is', async () => {
  const help = (LANG: string) => runCommand(['trace', '--help'], folder, { LANG, LC_ALL: LANG });
  const { stdout } = await help('C');
  expect((await help('de_DE.UTF-8')).stdout).toBe(stdout);
});

test('every flag stands under one heading, and headings name no others', async () => {
  for (const command of await allCommands()) {
    const known = flagNames(command.builder(yargs([])));
    const own = Object.values(ownGroups(command.command)).flat();
    expect({ command: command.command, own }).toEqual({ command: command.command, own: [...new Set(own)] });
    expect(known).toEqual(expect.arrayContaining(own));
    const { stdout } = await runIn(folder, [command.command.split(' ')[0]!, '--help']);
    const [flags] = stdout.split('Examples:');
    for (const flag of known) expect(flags!.match(new RegExp(`^ +--${flag}(?= |$)`, 'gm'))).toHaveLength(1);
  }
});

test('a command loads by its name alone; help and mistakes see all of them', async () => {
  const names = (commands: readonly { readonly command: string }[]) =>
    commands.map(({ command }) => command.split(' ')[0]);
  expect(names(await allCommands())).toEqual(COMMAND_NAMES);
  for (const name of COMMAND_NAMES) expect(names(await commandsFor([name, '--out', 'train']))).toEqual([name]);
  // What comes before a command may be the value of a flag.
  for (const argv of [[], ['--help'], ['toString'], ['--out', 'train', 'inspect']]) {
    expect(names(await commandsFor(argv))).toEqual(COMMAND_NAMES);
  }
});

test('the build wrote down the options of all commands, which messages name', async () => {
  const written = JSON.parse(readFileSync(join(process.cwd(), 'dist', 'cli', 'option-names.json'), 'utf8')) as string[];
  expect(written).toEqual(await optionNames());
  expect(written).toEqual(expect.arrayContaining(['lr', 'input-shape', 'simulate-noise']));
});

test.each([
  ['no command', []],
  ['an unknown command', ['trane']],
  ['an unknown flag', ['inspect', 'mlp.onnx', '--verfiy']],
  ['a missing file', ['inspect', 'missing.onnx']],
  ['a file that is no model', ['inspect', 'text.onnx']],
  ['a folder that is no run', ['inspect', 'empty']],
  ['a senseless number of threads', ['inspect', 'mlp.onnx', '--threads', '0']],
  ['far too many threads', ['inspect', 'mlp.onnx', '--threads', '5000']],
  ['an unknown architecture', ['create', 'lenett', '--out', 'a.onnx']],
  ['a size that is none', ['create', 'mlp', '--out', 'a.onnx', '--classes', '-3']],
  ['a file that exists', ['create', 'mlp', '--out', 'mlp.onnx']],
  ['no model to train', ['train', '--data', 'fashion-mnist-sample', '--out', 'run']],
  ['no data to train on', ['train', '--model', 'mlp.onnx', '--out', 'run']],
  ['data that do not exist', ['train', '--model', 'mlp.onnx', '--data', 'nowhere', '--out', 'run']],
  ['an empty data folder', ['train', '--model', 'mlp.onnx', '--data', 'empty', '--out', 'run']],
  ['a run that is none', ['trace', 'empty', '--input', 'fashion-mnist-sample@1', '--out', 'why']],
])('%s: one line on stderr, exit code 2, nothing written', async (_, args) => {
  const { code, stdout, stderr } = await runIn(folder, args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^onnx-explain: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  for (const name of ['run', 'why', 'a.onnx']) expect(existsSync(join(folder, name))).toBe(false);
});

test('--json prints the result and nothing else on stdout', async () => {
  const { code, stdout, stderr } = await run('inspect', 'mlp.onnx', '--json', '--quiet');
  expect([code, stderr]).toEqual([0, '']);
  const { layers } = JSON.parse(stdout) as { layers: { name: string; op: string }[] };
  expect(layers.map(({ op }) => op)).toEqual(['Gemm', 'Gemm']);
});

test('ONNX Runtime reports nothing to its makers, and leaves nothing behind', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const env = { HOME: home, XDG_CACHE_HOME: home, TMPDIR: home, ORT_DISABLE_TELEMETRY: undefined };
  expect((await runCommand(['inspect', 'mlp.onnx'], folder, env)).code).toBe(0);
  expect(readdirSync(home)).toEqual([]);
});

test('more threads than cores are as many as there are cores', async () => {
  expect((await run('inspect', 'mlp.onnx', '--threads', '1000')).code).toBe(0);
});
