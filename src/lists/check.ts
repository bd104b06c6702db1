import type { CheckResult } from '../results/check.js';
import { flag, list, text, type List } from './list.js';

/** The rules of a check. Values and limits may be numbers or words, and so are text. */
export function checkLists({ rules }: CheckResult): List[] {
  const shown = (value: number | string | null) => (value === null ? undefined : String(value));
  return [
    list('rules', rules, [
      text('rule', ({ rule }) => rule),
      text('status', ({ status }) => status),
      text('level', ({ level }) => level),
      flag('blocks', ({ blocks }) => blocks),
      text('value', ({ value }) => shown(value)),
      text('limit', ({ limit }) => shown(limit)),
      text('sentence', ({ sentence }) => sentence),
    ]),
  ];
}
