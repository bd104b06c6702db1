/** What becomes of a command whose output nobody takes: a full disk, a reader that has left, closed streams. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeModelFile } from '../../src/onnx/file.js';
import { create } from '../../src/zoo/create.js';
import { temporaryFolder } from '../helpers/data-files.js';
import { runHere, sink } from '../helpers/in-process.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const MAIN = join(process.cwd(), 'dist', 'cli', 'main.js');
const SKIP = ['--skip', 'cost.speed,execution', '--threads', '1', '--quiet'];
const check = (model: string, ...args: string[]) => [
  ...['check', at(model), '--baseline', at('baseline.json')],
  ...[...SKIP, ...args],
];
const PASSES = check('accepted.onnx');
const REGRESSES = check('other.onnx');

/** A full disk, where the system has one to show. */
const hasFullDisk = existsSync('/dev/full');

beforeAll(async () => {
  for (const name of ['CI', 'GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY']) delete process.env[name];
  const options = { inputShape: [6], hidden: [4], classes: 3 };
  await writeModelFile(at('accepted.onnx'), create('mlp', options));
  await writeModelFile(at('other.onnx'), create('mlp', { ...options, seed: 1 }));
  const taken = await runHere(['check', at('accepted.onnx'), '--baseline', at('baseline.json'), '--update-baseline']);
  expect(taken.code).toBe(0);
});

describe('a command as a function', () => {
  const lost = (error: string) => sink({ room: 0, error });

  test.each([
    ['a check that passes', PASSES],
    ['inspect', ['inspect', 'accepted.onnx']],
    ['inspect --json', ['inspect', 'accepted.onnx', '--json']],
    ['the help', ['--help']],
    ['the help of a command', ['train', '--help']],
    ['the version', ['--version']],
  ])('%s on a full disk: one line, exit code 2; a reader that has left: nothing, 0', async (_, args) => {
    const here = args.map((arg) => (arg === 'accepted.onnx' ? at(arg) : arg));
    for (const error of ['ENOSPC', 'EIO', 'EDQUOT']) {
      const { code, stderr } = await runHere(here, { stdout: lost(error) });
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^onnx-explain: stdout: [^\n]+\n$/)]);
    }
    expect(await runHere(here, { stdout: lost('EPIPE') })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each(['ENOSPC', 'EPIPE', 'EIO'])('a regression stays 1 and is reported: %s', async (error) => {
    const reports = ['--junit', at(`${error}.xml`), '--markdown', at(`${error}.md`), '--out', at(`${error}-out`)];
    const { code } = await runHere([...REGRESSES, ...reports], { stdout: lost(error), stderr: lost(error) });
    expect(code).toBe(1);
    expect(readFileSync(at(`${error}.xml`), 'utf8')).toMatch(/<\/testsuites>\n$/);
    expect(readFileSync(at(`${error}.md`), 'utf8')).toContain('**regression: ');
    expect(JSON.parse(readFileSync(at(`${error}-out/result.json`), 'utf8'))).toMatchObject({ verdict: 'regression' });
  });

  test('where nobody reads stderr, verdicts and refusals are what they are', async () => {
    const codes = [PASSES, REGRESSES, ['inspect', at('missing.onnx')]].map(async (args) => {
      const { code } = await runHere(args, { stderr: lost('ENOSPC') });
      return code;
    });
    expect(await Promise.all(codes)).toEqual([0, 1, 2]);
  });

  test('an output that breaks off in the middle is a loss too', async () => {
    const { code, stderr } = await runHere(['inspect', at('accepted.onnx')], { stdout: sink({ room: 100 }) });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/disk is full/)]);
  });
});

describe('a report that cannot be written', () => {
  test.each<[string, string[]]>([
    ['a folder for a file', ['--junit', folder]],
    ['a file for a folder', ['--markdown', join('accepted.onnx', 'report.md')]],
    ...(hasFullDisk ? ([['a device', ['--junit', '/dev/full']]] as [string, string[]][]) : []),
  ])('%s: 1 with a regression, else 2; the other reports are written', async (_, args) => {
    const report = args.map((arg) => arg.replace('accepted.onnx', at('accepted.onnx')));
    for (const [line, expected] of [
      [REGRESSES, 1],
      [PASSES, 2],
    ] as const) {
      const other = at(`other-${expected}-${args[1]!.replaceAll('/', '_')}`);
      const { code, stdout, stderr } = await runHere([...line, ...report, '--out', other]);
      expect([code, stderr]).toEqual([expected, expect.stringMatching(/^onnx-explain: [^\n]+\n$/)]);
      expect(stdout).toMatch(expected === 1 ? /\nregression: / : /\npass: /);
      expect(existsSync(join(other, 'result.json'))).toBe(true);
    }
    if (hasFullDisk) expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  test.each([
    ['the summary of a job on a full disk', '/dev/full'],
    ['the summary of a job in a folder that is none', '/dev/null/summary.md'],
  ])('%s', async (_, summary) => {
    if (!hasFullDisk) return;
    process.env.GITHUB_STEP_SUMMARY = summary;
    const codes = [(await runHere(PASSES)).code, (await runHere(REGRESSES)).code];
    delete process.env.GITHUB_STEP_SUMMARY;
    expect(codes).toEqual([2, 1]);
  });

  test('no report replaces what is read, or another report', async () => {
    for (const [flag, path] of [
      ['--junit', at('accepted.onnx')],
      ['--markdown', at('baseline.json')],
    ] as const) {
      const before = readFileSync(path);
      const { code, stderr } = await runHere([...PASSES, flag, path]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/would be lost; name another file\n$/)]);
      expect(readFileSync(path)).toEqual(before);
    }
    expect((await runHere([...PASSES, '--junit', at('same'), '--markdown', at('same')])).code).toBe(2);
  });
});

describe('a command as a process', () => {
  const shell = (script: string) => {
    const ended = spawnSync('bash', ['-c', script, 'bash', process.execPath, MAIN, at('accepted.onnx')], {
      encoding: 'utf8',
    });
    return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
  };
  const quoted = (args: readonly string[]) => args.map((arg) => `'${arg}'`).join(' ');
  const hasShell = (() => {
    try {
      return execFileSync('bash', ['-c', 'echo yes'], { encoding: 'utf8' }) === 'yes\n';
    } catch {
      return false;
    }
  })();
  const inShell = hasShell && hasFullDisk ? test : test.skip;
  mkdirSync(folder, { recursive: true });

  inShell.each([
    ['a regression, and no reader', '"$1" "$2" CHECK | true; exit ${PIPESTATUS[0]}', REGRESSES, 1],
    ['a regression on a full disk', '"$1" "$2" CHECK > /dev/full', REGRESSES, 1],
    ['a regression with both streams lost', '"$1" "$2" CHECK > /dev/full 2> /dev/full', REGRESSES, 1],
    ['a pass, and no reader', '"$1" "$2" CHECK | true; exit ${PIPESTATUS[0]}', PASSES, 0],
    ['a pass on a full disk', '"$1" "$2" CHECK > /dev/full', PASSES, 2],
    ['a pass that says nothing', '"$1" "$2" CHECK >&- 2>&-', PASSES, 0],
    ['the first line only', '"$1" "$2" inspect "$3" --json | head -1; exit ${PIPESTATUS[0]}', [], 0],
    ['a mistake that nobody reads', '"$1" "$2" inspect nowhere 2> /dev/full', [], 2],
    ['notices that nobody reads', '"$1" "$2" inspect "$3" 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}', [], 0],
  ])('%s', (_, script, args, expected) => {
    const { code, stderr } = shell(script.replace('CHECK', quoted(args)));
    expect(code).toBe(expected);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  inShell('a signal ends it as signals do: neither a pass nor a regression', () => {
    const { code } = shell(`"$1" "$2" ${quoted(REGRESSES)} & sleep 0.2; kill $!; wait $!`);
    expect(code).toBe(143);
  });

  inShell('a broken installation is no regression', () => {
    const { code } = shell('cp "$2" "$(dirname "$3")/alone.mjs" && "$1" "$(dirname "$3")/alone.mjs" --version');
    expect(code).toBe(70);
  });
});
