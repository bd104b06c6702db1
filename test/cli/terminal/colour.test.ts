/** Where there is colour, and what it leaves alone. */
import { expect, test } from '@jest/globals';
import { hasColour, painted, type Line } from '../../../src/cli/colour.js';
import { outlet, type Stream } from '../../../src/cli/streams.js';
import { errorLine, terminal } from '../../../src/cli/terminal.js';
import { sink } from '../../helpers/in-process.js';

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['any NO_COLOR', true, { NO_COLOR: 'false' }, false],
  ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
  ['FORCE_COLOR into a pipe', false, { FORCE_COLOR: '1' }, true],
  ['an empty FORCE_COLOR, as of Node.js', false, { FORCE_COLOR: '' }, true],
  ['FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
  ['FORCE_COLOR beside NO_COLOR', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
])('%s', (_, isTerminal, variables, expected) => {
  expect(hasColour(isTerminal, variables)).toBe(expected);
});

/** A terminal of so many columns, and what it was given. */
function fakeTerminal(columns: number, env: NodeJS.ProcessEnv = {}) {
  const { stream, text } = sink();
  const terminalStream: Stream = Object.assign(stream, { isTTY: true, columns });
  return { outlet: outlet(terminalStream, undefined, env), text };
}

test('only the style has escapes: a name’s own come out as text', () => {
  const { outlet: stdout, text } = fakeTerminal(80);
  stdout.line([{ text: '\u001b[32mgood\u001b[0m', style: 'bad' }, ' \u001b]0;title\u0007']);
  expect(text()).toBe('\u001b[31m\\u{1b}[32mgood\\u{1b}[0m\u001b[39m \\u{1b}]0;title\\u{7}\n');
});

test('pieces are no command to a pipeline, alone or together', () => {
  const say = (line: Line) => {
    const { stream, text } = sink();
    outlet(stream, undefined, { FORCE_COLOR: '1' }).line(line);
    return text();
  };
  expect(say([':', ':error::x'])).toBe('\\u{3a}:error::x\n');
  expect(say(['a #', { text: '#[error]', style: 'bad' }])).toBe('a \\u{23}#[error]\n');
  expect(say([{ text: '::error::x', style: 'bad' }])).toBe('\u001b[31m\\u{3a}:error::x\u001b[39m\n');
});

test('a line is broken where it is too long, and each part keeps its colour', () => {
  const { outlet: stderr, text } = fakeTerminal(24);
  stderr.line(errorLine('m.onnx: is not a model of any kind'));
  expect(text()).toBe(`${painted('onnx-explain:', 'bad')} m.onnx: is\nnot a model of any kind\n`);
});

test('streams are told apart: one may have colour and the other none', () => {
  const coloured = fakeTerminal(80);
  const plain = sink();
  const ui = terminal(coloured.outlet, outlet(plain.stream, undefined, {}), {});
  ui.verdict({ text: 'fine', style: 'good' });
  ui.notice('careful', 'warning');
  expect([coloured.text(), plain.text()]).toEqual(['\u001b[32mfine\u001b[39m\n', 'careful\n']);
});

test('JSON has no colour, whatever is asked for', () => {
  const { stream, text } = sink();
  const stdout = outlet(stream, undefined, { FORCE_COLOR: '1' });
  const ui = terminal(stdout, stdout, { json: true });
  ui.verdict({ text: 'fine', style: 'good' });
  ui.table(['a'], [['b']]);
  ui.result({ fine: true });
  expect(text()).toBe('{\n  "fine": true\n}\n');
});

test('--quiet leaves verdicts and errors', () => {
  const { stream, text } = sink();
  const stdout = outlet(stream, undefined, {});
  const ui = terminal(stdout, stdout, { quiet: true });
  ui.print('detail');
  ui.table(['a'], [['b']]);
  ui.notice('notice');
  ui.progress('work').update(1, 2);
  ui.verdict('verdict');
  ui.error('mistake');
  expect(text()).toBe('verdict\nonnx-explain: mistake\n');
});

test('off a terminal, only COLUMNS limits tables, and nothing is broken', () => {
  const width = (COLUMNS: string | undefined) => outlet(sink().stream, undefined, { COLUMNS }).width;
  expect([undefined, '', '0', '-3', 'many', '72', '5'].map(width)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    72,
    20,
  ]);
  const { stream, text } = sink();
  outlet(stream, undefined, { COLUMNS: '20' }).line('a line that is longer than twenty columns');
  expect(text()).toBe('a line that is longer than twenty columns\n');
});

test('a terminal that does not know its width has the usual one', () => {
  expect(fakeTerminal(0).outlet.width).toBe(80);
});
