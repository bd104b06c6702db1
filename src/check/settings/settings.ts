/** What the check judges by: the preset, and what a configuration file and flags change of it. */
import { InputError } from '../../errors.js';
import { nearestNames } from '../../nearest.js';
import type { RuleChange } from '../../results/check.js';
import { CHECK_METHOD_NAMES, type Configuration } from './config.js';
import type { Preset } from './preset.js';
import { PROBE_COUNT } from '../probes/probes.js';
import { short, type Limits, type Rule } from '../rule.js';
import { RULES } from '../rules/registry.js';
import { POINT_COUNT } from '../probes/training-points.js';

/** How one rule is judged. */
export interface RuleSettings {
  readonly rule: Rule;
  readonly level: 'error' | 'warn' | 'off';
  readonly optional: boolean;
  readonly limits: Limits;
  /** How this differs from the preset, and by whose wish. */
  readonly changes: readonly RuleChange[];
}

/** Everything that may be configured. */
export interface CheckSettings {
  readonly preset: Preset;
  /** When a baseline is taken: how many probes and training points, chosen by which seed, explained by which methods. */
  readonly probes: number;
  readonly points: number;
  readonly seed: number;
  readonly methods: readonly string[];
  readonly rules: readonly RuleSettings[];
}

/** Maps of this method are compared by default. */
export const DEFAULT_METHODS: readonly string[] = ['input-x-gradient'];

/** Settings that the caller gives; they win over the configuration file. */
export interface SettingFlags {
  readonly preset?: Preset | undefined;
  readonly probes?: number | undefined;
  readonly points?: number | undefined;
  readonly seed?: number | undefined;
  readonly methods?: readonly string[] | undefined;
  /** Names of rules, or of groups of them. */
  readonly off?: readonly string[] | undefined;
  readonly optional?: readonly string[] | undefined;
  readonly rtol?: number | undefined;
  readonly atol?: number | undefined;
}

/**
 * Brings defaults, configuration and flags together; flags win.
 * @throws InputError for a rule or method that does not exist
 */
export function settingsFrom(configuration: Configuration | undefined, flags: SettingFlags): CheckSettings {
  const config = configuration?.check ?? {};
  const preset = flags.preset ?? config.preset ?? 're-export';
  const methods = flags.methods ?? config.methods ?? DEFAULT_METHODS;
  const unknown = methods.find((name) => !CHECK_METHOD_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new InputError(
      `\`method\` ${unknown}: no such method; the nearest are ${nearestNames(unknown, CHECK_METHOD_NAMES).join(', ')}`,
    );
  }
  const [off, optional] = [named(flags.off, '`skip`'), named(flags.optional, '`optional`')];
  const file = configuration?.path ?? '';
  const rules = RULES.map((rule): RuleSettings => {
    const entry = config.rules?.[rule.name] ?? {};
    const { level, optional: mayBeMissing, ...limits } = typeof entry === 'string' ? { level: entry } : entry;
    const { rtol, atol } = rule.name === 'outputs.tolerance' ? flags : {};
    /** What each says, the later over the earlier. */
    const wishes: (Wish & { readonly by: string })[] = [
      {
        by: file,
        level: level as Level | undefined,
        optional: mayBeMissing as boolean | undefined,
        limits: limits as Limits,
      },
      { by: '`skip`', level: off.has(rule.name) ? 'off' : undefined },
      { by: '`optional`', optional: optional.has(rule.name) ? true : undefined },
      { by: '`rtol`', limits: { rtol } },
      { by: '`atol`', limits: { atol } },
    ];
    const byPreset: RuleSettings = {
      rule,
      level: rule.level,
      optional: rule.optional,
      limits: rule.limits[preset],
      changes: [],
    };
    return wishes.reduce(wished, byPreset);
  });
  const {
    probes = config.probes ?? PROBE_COUNT,
    points = config.points ?? POINT_COUNT,
    seed = config.seed ?? 0,
  } = flags;
  return { preset, probes, points, seed, methods, rules };
}

type Level = RuleSettings['level'];

/** What somebody wants of a rule. */
interface Wish {
  readonly level?: Level | undefined;
  readonly optional?: boolean | undefined;
  readonly limits?: Readonly<Record<string, number | boolean | undefined>>;
}

const LEVELS: readonly Level[] = ['off', 'warn', 'error'];

/** Settings after a wish, which is remembered where it changes something. */
function wished(
  before: RuleSettings,
  { by, level, optional, limits = {} }: Wish & { readonly by: string },
): RuleSettings {
  const changes: RuleChange[] = [];
  if (level !== undefined && level !== before.level) {
    const effect = LEVELS.indexOf(level) < LEVELS.indexOf(before.level) ? 'looser' : 'stricter';
    const what = { off: 'switched off', warn: 'only warns', error: 'ends the pipeline' }[level];
    changes.push({ by, effect: level === 'off' ? 'off' : effect, what });
  }
  if (optional !== undefined && optional !== before.optional) {
    changes.push({ by, effect: optional ? 'looser' : 'stricter', what: optional ? 'may be missing' : 'must run' });
  }
  const given = Object.entries(limits).filter((entry): entry is [string, number | boolean] => entry[1] !== undefined);
  for (const [name, limit] of given) {
    const former = before.limits[name]!;
    if (limit === former) continue;
    const isHigher = Number(limit) > Number(former);
    const effect = isHigher === (before.rule.floors?.includes(name) ?? false) ? 'stricter' : 'looser';
    changes.push({ by, effect, what: `${name} ${limitText(former)} → ${limitText(limit)}` });
  }
  return {
    rule: before.rule,
    level: level ?? before.level,
    optional: optional ?? before.optional,
    limits: { ...before.limits, ...Object.fromEntries(given) },
    changes: [...before.changes, ...changes],
  };
}

function limitText(limit: number | boolean): string {
  return typeof limit === 'number' ? short(limit) : limit ? 'yes' : 'no';
}

/** Rules by their names or the names of their groups. */
function named(names: readonly string[] | undefined, flag: string): Set<string> {
  const all = RULES.map(({ name }) => name);
  const found = (names ?? []).flatMap((wanted) => {
    const matching = all.filter((name) => name === wanted || name.startsWith(`${wanted}.`));
    if (matching.length > 0) return matching;
    const groups = all.map((name) => name.replace(/\..*/, ''));
    const near = nearestNames(wanted, [...groups, ...all]).join(', ');
    throw new InputError(`${flag} ${wanted}: no such rule or group of rules; the nearest are ${near}`);
  });
  return new Set(found);
}
