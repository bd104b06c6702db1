import type { CheckResult, CheckRule } from '../../results/check.js';
import { shown, someDetails } from './shown.js';

/** The check as a JUnit XML file: a test suite a group, a test case a rule. */
export function junitXml(result: CheckResult): string {
  const groups = [...new Set(result.rules.map(groupOf))];
  const suites = groups.map((group) =>
    suite(
      group,
      result.rules.filter((rule) => groupOf(rule) === group),
    ),
  );
  const failures = result.rules.filter(({ blocks }) => blocks).length;
  const head = `<testsuites name="onnx-explain check" tests="${result.rules.length}" failures="${failures}" time="${result.seconds.toFixed(3)}">`;
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
  const text = [rule.sentence, ...someDetails(rule, 40)].join('\n');
  const limits = `value ${shown(rule.value)}, limit ${shown(rule.limit)}`;
  const body = rule.blocks
    ? `<failure type="${rule.status}" message="${xml(rule.sentence)}">${xml(`${text}\n${limits}`)}</failure>`
    : isSkipped(rule)
      ? `<skipped message="${xml(rule.sentence)}"/>`
      : `<system-out>${xml(`${rule.status === 'warn' ? 'warning: ' : ''}${text}\n${limits}`)}</system-out>`;
  return `    <testcase ${attributes}>${body}</testcase>`;
}

/** Text safe in XML; control characters, which XML cannot hold, are left out. */
function xml(text: string): string {
  const clean = text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  return clean.replace(/[&<>"']/g, (character) => entities[character]!);
}
