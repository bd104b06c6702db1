import type { CheckResult } from '../results/check.js';
import { flag, integer, list, number, text, type List } from './list.js';

/** The rules of a check, and the decisions that changed. Values and limits may be numbers or words, and so are text. */
export function checkLists({ rules, changes = [] }: CheckResult): List[] {
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
    list('changes', changes, [
      integer('probe', ({ probe }) => probe),
      text('input', ({ input }) => input),
      integer('before', ({ before }) => before.class),
      text('before_name', ({ before }) => before.label),
      number('before_probability', ({ before }) => before.probability),
      integer('after', ({ after }) => after.class),
      text('after_name', ({ after }) => after.label),
      number('after_probability', ({ after }) => after.probability),
      integer('truth', ({ truth }) => truth?.class),
      text('truth_name', ({ truth }) => truth?.label),
      text('file', ({ inputFile }) => inputFile),
      integer('row', ({ inputRow }) => inputRow),
    ]),
  ];
}
