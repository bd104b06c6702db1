/** What shells complete, asked as shells ask. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { COMMAND_NAMES } from '../../../src/cli/commands/registry.js';
import { completions } from '../../../src/cli/completion/collect.js';
import { completionScript, usualShell } from '../../../src/cli/completion/scripts.js';
import { offers, type Completions } from '../../../src/cli/completion/words.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { runHere } from '../../helpers/in-process.js';

const MAIN = join(process.cwd(), 'dist', 'cli', 'main.js');
const written = JSON.parse(readFileSync(join(process.cwd(), 'dist', 'cli', 'completions.json'), 'utf8')) as Completions;
const words = (...typed: string[]) => offers(written, typed).map(({ word }) => word);

test('the build wrote down what the commands are', async () => {
  expect(written).toEqual(await completions());
});

describe('words', () => {
  test('commands, each with what it does', () => {
    expect(words('')).toEqual([...COMMAND_NAMES, '--help', '--version']);
    expect(words('tr')).toEqual(['train', 'trace', 'trends']);
    expect(offers(written, ['insp'])).toEqual([{ word: 'inspect', about: written.inspect!.about }]);
  });

  test('flags of the command only, and none twice', () => {
    expect(words('trace', 'run', '--sim')).toEqual(['--similarity']);
    expect(words('trace', 'run', '--loss')).toEqual([]);
    expect(words('train', '--model', 'm.onnx', '--mod')).toEqual([]);
    expect(words('train', '--')).toEqual(expect.arrayContaining(['--model', '--json', '--help', '--no-log']));
    expect(words('train', '--')).not.toContain('--log');
  });

  test('choices of a flag, however a shell breaks them up', () => {
    const kernels = ['inverse', 'gaussian', 'constant'];
    expect(words('attribute', '--kernel', '')).toEqual(kernels);
    expect(words('attribute', '--kernel', 'ga')).toEqual(['gaussian']);
    expect(words('attribute', '--kernel', '=')).toEqual(kernels);
    expect(words('attribute', '--kernel', '=', 'ga')).toEqual(['gaussian']);
    expect(words('attribute', '--kernel=ga')).toEqual(['--kernel=gaussian']);
    expect(words('attribute', '--channels', '')).toEqual(['1', '3']);
    expect(words('completion', '')).toEqual(['bash', 'zsh']);
  });

  test('nothing where files, numbers or names are expected', () => {
    for (const typed of [
      ['train', '--model', ''],
      ['train', '--epochs', '1'],
      ['inspect', 'm'],
      ['nothing', '--'],
      ['__proto__', '--'],
    ])
      expect(words(...typed)).toEqual([]);
    expect(words('train', '--model', '--')).toEqual([]);
    expect(words()).toEqual([...COMMAND_NAMES, '--help', '--version']);
  });
});

describe('the command', () => {
  test('prints the script of the shell that is asked for, or used', async () => {
    for (const shell of ['bash', 'zsh'] as const) {
      expect(await runHere(['completion', shell])).toEqual({
        code: 0,
        stdout: `${completionScript(shell)}\n`,
        stderr: '',
      });
    }
    expect(await runHere(['completion', 'bash', '--quiet'])).toMatchObject({ stdout: `${completionScript('bash')}\n` });
    expect(['/bin/zsh', '/usr/bin/bash', '/usr/bin/fish', undefined].map(usualShell)).toEqual([
      'zsh',
      'bash',
      'bash',
      'bash',
    ]);
    const { stdout } = await runHere(['completion', 'zsh', '--json']);
    expect(JSON.parse(stdout)).toEqual({ shell: 'zsh', script: completionScript('zsh') });
  });

  test('knows no other shell', async () => {
    const { code, stderr } = await runHere(['completion', 'fish']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^onnx-explain: [^\n]*fish[^\n]*\n$/)]);
  });
});

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 7']).status === 7;
const folder = temporaryFolder();

beforeAll(() => {
  writeFileSync(join(folder, 'onnx-explain'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(join(folder, 'onnx-explain'), 0o755);
});

const inBash = has('bash') ? describe : describe.skip;
inBash(has('bash') ? 'in bash' : 'skipped: no bash', () => {
  const complete = (...typed: string[]) => {
    const script = `source <(onnx-explain completion bash)
COMP_WORDS=(onnx-explain "$@"); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); COMPREPLY=()
$(complete -p onnx-explain | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
    const printed = execFileSync('bash', ['-c', script, 'bash', ...typed], { cwd: folder, encoding: 'utf8', env });
    return printed.split('\n').filter((line) => line !== '');
  };

  test('names, flags, choices; files where there are none', () => {
    expect(complete('')).toEqual([...COMMAND_NAMES, '--help', '--version']);
    expect(complete('rep')).toEqual(['representer', 'report']);
    expect(complete('attribute', '--kernel', 'in')).toEqual(['inverse']);
    expect(complete('attribute', '--kernel', '=', '')).toEqual(['inverse', 'gaussian', 'constant']);
    expect(complete('check', 'm.onnx', '--pre')).toEqual(['--preset']);
    expect(complete('inspect', 'm')).toEqual([]);
    expect(complete('inspect', '$(touch oops)', '--no')).toEqual(['--no-limits', '--nodes']);
  });
});

const inZsh = has('zsh') ? test : test.skip;
inZsh(has('zsh') ? 'in zsh, the script is one that zsh reads' : 'skipped: no zsh', () => {
  execFileSync('zsh', ['-n', '-c', completionScript('zsh')]);
});
