/** Reports of a check on a model whose names are hostile: text stays text in every format. */
import { expect, test } from '@jest/globals';
import { githubAnnotations } from '../../../src/check/formats/github.js';
import { junitXml } from '../../../src/check/formats/junit.js';
import { markdown } from '../../../src/check/formats/markdown.js';
import { showCheck } from '../../../src/cli/show/check.js';
import { outlet } from '../../../src/cli/streams.js';
import { terminal } from '../../../src/cli/terminal.js';
import type { CheckResult, CheckRule } from '../../../src/results/check.js';
import { sink } from '../../helpers/in-process.js';

const HOSTILE = [
  '::stop-commands::x',
  ']]></failure><script>alert(1)</script>&amp;"\'',
  '@everyone | [x](https://example.com) `code` <img src=x> #1',
  'two\nlines\r::error::three\u0000\u001b[31m\ud800',
];

const rule = (name: string, changes: Partial<CheckRule>): CheckRule => ({
  ...{ rule: name, status: 'pass', level: 'error', optional: false, blocks: false },
  ...{ value: 1, limit: 1, sentence: 'as before', details: [], changes: [] },
  ...changes,
});

const result: CheckResult = {
  ...{ kind: 'check', schemaVersion: 1, tool: { name: 'onnx-explain', version: '0' } },
  model: { path: 'odd,name:%.onnx', sha256: '0' },
  data: { spec: 'x', fingerprint: '0' },
  ...{ options: {}, sign: '', classNames: [] },
  baseline: { path: 'base`line`.json', model: HOSTILE[2]!, sha256: '0'.repeat(64) },
  configuration: { path: HOSTILE[3]!, found: true },
  ...{ preset: 're-export', verdict: 'regression', probes: 1, seconds: 1 },
  rules: [
    rule('outputs.tolerance', {
      status: 'fail',
      blocks: true,
      sentence: HOSTILE[3]!,
      details: HOSTILE,
      value: HOSTILE[1]!,
    }),
    rule('decisions.agreement', { status: 'could-not-run', blocks: true, sentence: HOSTILE[1]! }),
    rule('cost.speed', { status: 'warn', level: 'warn', sentence: HOSTILE[0]! }),
    rule('cost.memory', {
      status: 'skip',
      sentence: HOSTILE[2]!,
      changes: [{ by: HOSTILE[3]!, effect: 'looser', what: HOSTILE[2]! }],
    }),
  ],
};

test('JUnit is well-formed: elements nest, and text holds no markup and no character that XML forbids', () => {
  const xml = junitXml(result);
  // eslint-disable-next-line no-control-regex -- what XML forbids is what is looked for
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]/u);
  const open: string[] = [];
  const rest = xml
    .replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '')
    .replace(
      /<(\/?)([a-z-]+)((?: [a-z]+="[^"<&]*(?:&(?:amp|lt|gt|quot|apos);[^"<&]*)*")*)(\/?)>/g,
      (_, end, name: string, __, empty) => {
        if (end) expect(open.pop()).toBe(name);
        else if (!empty) open.push(name);
        return '';
      },
    );
  expect(open).toEqual([]);
  expect(rest.replace(/&(amp|lt|gt|quot|apos);/g, '')).not.toMatch(/[<>&]/);
  expect(xml).toContain('<testsuite name="cost" tests="2" failures="0" errors="0" skipped="1">');
  expect(xml).toContain('failures="2"');
});

test('Markdown has no markup, mention or table cell of a name’s own', () => {
  const text = markdown(result);
  expect(text).not.toMatch(/@|<(?!\/?(details|summary)>)|\]\(/);
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  expect(rows).toHaveLength(2 + result.rules.length);
  for (const row of rows) expect(row.replace(/\\\|/g, '').split('|')).toHaveLength(7);
});

test('a line of the terminal or an annotation never begins as a command of a name’s own', () => {
  const { stream, text } = sink();
  const stdout = outlet(stream);
  showCheck(terminal(stdout, stdout, {}), result, true);
  const lines = text().split('\n');
  for (const line of lines) expect(line.trimStart()).not.toMatch(/^::/);
  // eslint-disable-next-line no-control-regex -- nor does it hold an escape sequence
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
  const annotations = githubAnnotations(result);
  expect(annotations).toHaveLength(3);
  for (const line of annotations)
    expect(line).toMatch(/^::(error|warning) file=odd%2Cname%3A%25\.onnx,title=[^\n\r:]+::[^\n\r]+$/);
});
