/** How findings read in every format. */
import type { CheckResult, CheckRule, RuleChange } from '../../results/check.js';
import { short } from '../rule.js';

/** A status in words. */
export const STATUS_TEXT: Readonly<Record<CheckRule['status'], string>> = {
  pass: 'pass',
  warn: 'warning',
  fail: 'FAIL',
  skip: 'skipped',
  'could-not-run': 'could not run',
};

/** A value or limit; numbers with three digits. */
export function shown(value: number | string | null): string {
  if (value === null) return '–';
  return typeof value === 'number' ? short(value) : value;
}

/** The rules that decide the verdict. */
export function blocking({ rules }: CheckResult): CheckRule[] {
  return rules.filter(({ blocks }) => blocks);
}

/** How many rules failed, and where the models first part: what a reader wants to know first. */
export function headline(result: CheckResult): string {
  const of = (status: CheckRule['status']) => result.rules.filter((rule) => rule.status === status).length;
  const judged = result.rules.length - of('skip');
  const first = result.rules.find(({ where }) => where !== undefined)?.where;
  const failed = of('fail');
  const said =
    failed > 0
      ? `${failed} of ${judged} failed`
      : of('pass') === judged
        ? `all ${judged} passed`
        : `none of ${judged} failed`;
  const others = [
    first === undefined ? '' : `first divergence ${first}`,
    counted(of('warn'), 'warning'),
    of('could-not-run') > 0 ? `${of('could-not-run')} could not run` : '',
    of('skip') > 0 ? `${of('skip')} not judged` : '',
  ];
  return [said, ...others].filter((part) => part !== '').join('; ');
}

/** `2 warnings`; nothing where there are none. */
function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The verdict in one line, with whoever made it milder than the preset is. */
export function verdictLine(result: CheckResult): string {
  const failed = blocking(result).map(({ rule }) => rule);
  const count = (status: CheckRule['status']) => result.rules.filter((rule) => rule.status === status).length;
  const passed = `pass: ${count('pass')} rules (${result.preset}, ${result.probes} probes)`;
  const verdict =
    failed.length > 0
      ? `regression: ${failed.join(', ')}`
      : [passed, counted(count('warn'), 'warning')].filter((part) => part !== '').join(', ');
  return [verdict, ...mildness(result)].join('; ');
}

/** What makes a verdict milder, as a verb. */
const MILDER: Partial<Record<RuleChange['effect'], string>> = {
  off: 'switches off',
  looser: 'loosens',
  unmeasured: 'leaves out',
};

/** What a configuration and options take from the preset's strictness, in short. */
function mildness({ rules }: CheckResult): string[] {
  return changers(rules).flatMap((by) => {
    const parts = Object.entries(MILDER).map(([effect, verb]) => {
      const count = rules.filter(({ changes }) =>
        changes.some((each) => each.by === by && each.effect === effect),
      ).length;
      return count > 0 ? `${verb} ${count} ${count === 1 ? 'rule' : 'rules'}` : '';
    });
    const told = parts.filter((part) => part !== '').join(' and ');
    return told === '' ? [] : [`${by} ${told}`];
  });
}

/** Who changes how rules are judged, and which to what: one line each. A configuration that changes nothing is named too. */
export function settingsLines({ rules, configuration }: CheckResult): string[] {
  const file = configuration?.path;
  const all = file !== undefined && !changers(rules).includes(file) ? [file, ...changers(rules)] : changers(rules);
  return all.map((by) => {
    const where = by === file && configuration?.found ? ' (found in the current folder)' : '';
    const told = new Map<string, string[]>();
    for (const { rule, changes } of rules) {
      const what = changes.flatMap((change) => (change.by === by ? [change.what] : [])).join(', ');
      if (what !== '') told.set(what, [...(told.get(what) ?? []), rule]);
    }
    const texts = [...told].map(([what, names]) => `${names.join(', ')} ${what}`);
    return `${by}${where}: ${texts.join('; ') || 'changes no rule'}`;
  });
}

function changers(rules: readonly CheckRule[]): string[] {
  return [...new Set(rules.flatMap(({ changes }) => changes.map(({ by }) => by)))];
}

/** Further lines of a finding, the first few of many. */
export function someDetails({ details }: CheckRule, most = 8): string[] {
  const rest = details.length - most;
  return rest > 0 ? [...details.slice(0, most), `… and ${rest} more`] : [...details];
}
