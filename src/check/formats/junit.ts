import { printable } from '../../data/printable.js';
import type { CheckResult, CheckRule } from '../../results/check.js';
import { shown, someDetails } from './shown.js';

/** The check as a JUnit XML file: a test suite per group, a test case per rule. */
export function junitXml(result: CheckResult): string {
  const groups = [...new Set(result.rules.map(groupOf))];
  const suites = groups.map((group) =>
    suite(
      group,
      result.rules.filter((rule) => groupOf(rule) === group),
    ),
  );
  const failures = result.rules.filter(({ blocks }) => blocks).length;
  const time = result.seconds === undefined ? '' : ` time="${result.seconds.toFixed(3)}"`;
  const head = `<testsuites name="onnx-explain check" tests="${result.rules.length}" failures="${failures}"${time}>`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...suites, '</testsuites>', ''].join('\n');
}

const groupOf = ({ rule }: CheckRule) => rule.slice(0, rule.indexOf('.'));

function suite(group: string, rules: readonly CheckRule[]): string {
  const failures = rules.filter(({ blocks }) => blocks).length;
  const skipped = rules.filter(isSkipped).length;
  const head = `  <testsuite name="${group}" tests="${rules.length}" failures="${failures}" errors="0" skipped="${skipped}">`;
  return [head, ...rules.map(testCase), '  </testsuite>'].join('\n');
}

/** Neither passed nor failed. */
function isSkipped({ status, blocks }: CheckRule): boolean {
  return status === 'skip' || (status === 'could-not-run' && !blocks);
}

function testCase(rule: CheckRule): string {
  const name = rule.rule.slice(rule.rule.indexOf('.') + 1);
  const attributes = `classname="onnx-explain.${groupOf(rule)}" name="${xml(name)}" time="0"`;
  const warning = rule.status === 'warn' ? 'warning: ' : '';
  const text = [
    `${rule.blocks ? '' : warning}${rule.sentence}`,
    ...someDetails(rule, 40),
    `value ${shown(rule.value)}, limit ${shown(rule.limit)}`,
    ...rule.changes.map(({ by, what }) => `${by}: ${what}`),
  ]
    .map(xml)
    .join('\n');
  const body = rule.blocks
    ? `<failure type="${rule.status}" message="${xml(rule.sentence)}">${text}</failure>`
    : isSkipped(rule)
      ? `<skipped message="${xml(rule.sentence)}"/>`
      : `<system-out>${text}</system-out>`;
  return `    <testcase ${attributes}>${body}</testcase>`;
}

/** Characters of a sentence. */
const LONGEST = 2000;

/** A line safe in XML, which cannot hold control characters. */
function xml(line: string): string {
  // Two code points that are no characters, and that XML forbids.
  const clean = printable(line, LONGEST).replace(/[\ufffe\uffff]/g, '');
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  return clean.replace(/[&<>"']/g, (character) => entities[character]!);
}
