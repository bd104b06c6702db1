/** On a real terminal nothing is wider than the terminal is, and an error begins on a line of its own. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import stringWidth from 'string-width';
import { COMMAND_NAMES } from '../../../src/cli/commands/registry.js';
import { temporaryFolder } from '../../helpers/data-files.js';
import { runHere, runIn, sink } from '../../helpers/in-process.js';
import { FIXTURES } from '../../helpers/mutations/run.js';
import { hasTerminals, onTerminal } from './pseudo-terminal.js';
import { smallRun } from '../../helpers/small-run.js';

// Every command, at every width, is a process of its own.
jest.setTimeout(300_000);

const WIDTHS = [50, 80, 120, 200];
const folder = temporaryFolder();
const ESCAPE = '\u001b[';
/** Codes of colours and of the line that is drawn again. */
const ESCAPES = new RegExp(`${ESCAPE.replace('[', '\\[')}[\\d;?]*[A-Za-z]`, 'g');

test.each(['', ...COMMAND_NAMES])('%s --help', async (command) => {
  for (const columns of WIDTHS) {
    const stdout = sink();
    Object.assign(stdout.stream, { isTTY: true, columns });
    expect((await runHere([...(command === '' ? [] : [command]), '--help'], { stdout })).code).toBe(0);
    const wide = stdout
      .text()
      .split('\n')
      .filter((line) => stringWidth(line) > columns);
    expect({ command, columns, wide }).toEqual({ command, columns, wide: [] });
  }
});

const describeOnTerminal = hasTerminals ? describe : describe.skip;
if (!hasTerminals) test.skip('skipped: no script', () => undefined);

describeOnTerminal('on a terminal', () => {
  let data = '';

  beforeAll(async () => {
    for (const file of ['tinted.onnx', 'tinted.npz', 'tinted-early.onnx']) {
      copyFileSync(join(FIXTURES, file), join(folder, file));
    }
    const accept = ['check', 'tinted.onnx', '--baseline', 'baseline.json', '--data', 'tinted.npz'];
    // In a pipeline a baseline is updated by force only.
    expect((await runIn(folder, [...accept, '--update-baseline', '--force'])).code).toBe(0);
    data = (await smallRun(folder, { epochs: 2 })).dataSpec;
  });

  /** Commands whose results are tables, few and many inputs. */
  const few = () => ['--input', `${data}@3,5`];
  const many = () => ['--input', `${data}@${Array.from({ length: 30 }, (_, i) => i).join(',')}`];
  const run = () => join(folder, 'run');
  const fit = ['--data', 'tinted.npz', '--model', 'tinted.onnx', '--lambda', '0.01', '--no-cache'];
  const COMMANDS: Readonly<Record<string, () => string[]>> = {
    'inspect a model': () => ['inspect', 'tinted.onnx', '--nodes'],
    'inspect a run': () => ['inspect', run(), '--verify'],
    'trace few': () => ['trace', '--no-map', run(), ...few(), '--split', 'batch'],
    'trace many': () => ['trace', '--no-map', run(), ...many(), '--split', 'batch'],
    'influence few': () => ['influence', '--no-map', run(), ...few()],
    'influence many': () => ['influence', '--no-map', run(), ...many()],
    'attribute few': () => [
      'attribute',
      '--model',
      join(run(), 'model.onnx'),
      ...few(),
      '--method',
      'all',
      '--profile',
    ],
    'attribute many': () => ['attribute', '--model', join(run(), 'model.onnx'), ...many()],
    representer: () => ['representer', '--no-map', ...fit, '--input', 'tinted.npz@0,1', '--group', 'misclassified'],
    audit: () => ['audit', '--no-map', run()],
    trends: () => ['trends', run(), '--every', '10', '--images', '2', '--loss-examples', '10'],
    'check a regression': () => [
      'check',
      'tinted-early.onnx',
      '--baseline',
      'baseline.json',
      '--skip',
      'cost,execution',
    ],
    'check every rule': () => [
      'check',
      'tinted.onnx',
      '--baseline',
      'baseline.json',
      '--skip',
      'cost,execution',
      '--all-rules',
    ],
  };
  const WITHOUT_FOLDER = /^(inspect|check)/;

  test.each(Object.keys(COMMANDS))('%s', (name) => {
    // What takes long is not looked at in every width.
    for (const columns of WITHOUT_FOLDER.test(name) ? WIDTHS : name.endsWith(' many') ? [80] : [50, 80]) {
      const out = WITHOUT_FOLDER.test(name) ? [] : ['--out', `out-${name.replace(/ /g, '-')}`, '--force'];
      const { code, output } = onTerminal(columns, [...COMMANDS[name]!(), ...out, '--threads', '1'], folder, {
        redirect: '2>errors.txt',
      });
      expect({ name, columns, output, code }).toMatchObject({ code: name === 'check a regression' ? 1 : 0 });
      const lines = output.replace(ESCAPES, '').trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(3);
      const wide = lines.filter((line) => stringWidth(line) > columns);
      expect({ name, columns, wide }).toEqual({ name, columns, wide: [] });
      // More than a few inputs are summed up.
      if (name.endsWith(' many')) expect(output).toMatch(/30 inputs: /);
    }
  });

  test('a bar leaves nothing before an error, and the error is broken at words', () => {
    const model = join(run(), 'initial.onnx');
    // Every step makes the weights larger, until they are no numbers any more.
    const diverging = [
      '--optimizer',
      'sgd',
      '--lr',
      '0.01',
      '--weight-decay',
      '220',
      '--batch-size',
      '1',
      '--out',
      'diverged',
    ];
    const { code, output } = onTerminal(60, ['train', '--model', model, '--data', data, ...diverging], folder);
    expect(code).toBe(2);
    expect(output).toContain('░');
    const at = output.indexOf(`${ESCAPE}31monnx-explain:`);
    // What was drawn last is taken away right before it.
    expect(output.slice(0, at).endsWith(`\r${ESCAPE}2K`)).toBe(true);
    const lines = output.slice(at).replace(ESCAPES, '').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(60);
  });

  test('both streams have colour, or the one that is a terminal', () => {
    const inspect = ['inspect', 'tinted.onnx'];
    expect(onTerminal(80, inspect, folder).output).toMatch(ESCAPES);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect(onTerminal(80, inspect, folder, { env }).output).not.toMatch(ESCAPES);
    }
    expect(onTerminal(80, inspect, folder, { redirect: '| cat' }).output).not.toMatch(ESCAPES);
    expect(onTerminal(80, inspect, folder, { redirect: '| cat', env: { FORCE_COLOR: '1' } }).output).toMatch(ESCAPES);
    expect(onTerminal(80, ['inspect', 'missing'], folder, { redirect: '| cat' }).output).toContain(
      `${ESCAPE}31monnx-explain:`,
    );
    expect(onTerminal(80, ['inspect', 'tinted.onnx', '--json'], folder).output).not.toMatch(ESCAPES);
  });
});
