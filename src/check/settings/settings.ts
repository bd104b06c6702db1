/** What the check judges by: the preset, and what a configuration file and flags change of it. */
import { InputError } from '../../errors.js';
import { nearestNames } from '../../nearest.js';
import { METHOD_NAMES, type CheckConfig } from './config.js';
import type { Preset } from './preset.js';
import { PROBE_COUNT } from '../probes/probes.js';
import type { Limits, Rule } from '../rule.js';
import { RULES } from '../rules/registry.js';
import { POINT_COUNT } from '../probes/training-points.js';

/** How one rule is judged. */
export interface RuleSettings {
  readonly rule: Rule;
  readonly level: 'error' | 'warn' | 'off';
  readonly optional: boolean;
  readonly limits: Limits;
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

/** Maps of this method are compared unless told. */
export const DEFAULT_METHODS: readonly string[] = ['input-x-gradient'];

/** What flags say. */
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
export function settingsFrom(config: CheckConfig, flags: SettingFlags): CheckSettings {
  const preset = flags.preset ?? config.preset ?? 're-export';
  const methods = flags.methods ?? config.methods ?? DEFAULT_METHODS;
  const unknown = methods.find((name) => !METHOD_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new InputError(
      `\`method\` ${unknown}: no such method; the nearest are ${nearestNames(unknown, METHOD_NAMES).join(', ')}`,
    );
  }
  const [off, optional] = [named(flags.off, '`skip`'), named(flags.optional, '`optional`')];
  const tolerances = Object.fromEntries(
    Object.entries({ rtol: flags.rtol, atol: flags.atol }).filter(([, value]) => value !== undefined),
  ) as Limits;
  const rules = RULES.map((rule): RuleSettings => {
    const entry = config.rules?.[rule.name] ?? {};
    const {
      level: configured,
      optional: mayBeMissing,
      ...limits
    } = typeof entry === 'string' ? { level: entry } : entry;
    const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)) as Limits;
    return {
      rule,
      level: off.has(rule.name) ? 'off' : ((configured as RuleSettings['level'] | undefined) ?? rule.level),
      optional: optional.has(rule.name) || ((mayBeMissing as boolean | undefined) ?? rule.optional),
      limits: { ...rule.limits[preset], ...given, ...(rule.name === 'outputs.tolerance' ? tolerances : {}) },
    };
  });
  const {
    probes = config.probes ?? PROBE_COUNT,
    points = config.points ?? POINT_COUNT,
    seed = config.seed ?? 0,
  } = flags;
  return { preset, probes, points, seed, methods, rules };
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
