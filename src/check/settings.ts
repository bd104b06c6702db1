/** What the check judges by: the preset, and what a configuration file and flags change of it. */
import * as v from 'valibot';
import { InputError } from '../errors.js';
import { METHODS } from '../explain/attribution/methods/registry.js';
import { nearestNames } from '../nearest.js';
import { count, magnitude } from '../results/fields.js';
import { firstProblem } from '../results/problem.js';
import { PRESETS, type Preset } from './preset.js';
import { PROBE_COUNT } from './probes.js';
import type { Limits, Rule } from './rule.js';
import { RULES } from './rules/registry.js';
import { POINT_COUNT } from './training-points.js';

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

const METHOD_NAMES = METHODS.map(({ name }) => name);

/** Maps of this method are compared unless told. */
export const DEFAULT_METHODS: readonly string[] = ['input-x-gradient'];

const level = v.picklist(['error', 'warn', 'off']);

/** A rule's entry: a level alone, or an object with what is to change. */
function ruleSchema({ limits }: Rule) {
  const values = Object.entries(limits['re-export']).map(
    ([name, value]) => [name, v.optional(typeof value === 'number' ? magnitude : v.boolean())] as const,
  );
  const entries = { level: v.optional(level), optional: v.optional(v.boolean()), ...Object.fromEntries(values) };
  const object = v.strictObject(entries);
  return v.lazy((input) => (typeof input === 'string' ? level : object)) as v.GenericSchema<unknown, RuleEntry>;
}

type RuleEntry = string | Readonly<Record<string, number | boolean | string | undefined>>;

const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const checkEntries = {
  preset: v.optional(v.picklist(PRESETS)),
  probes: v.optional(v.pipe(positive, v.maxValue(4096))),
  points: v.optional(v.pipe(count, v.maxValue(4096))),
  seed: v.optional(count),
  methods: v.optional(v.pipe(v.array(v.picklist(METHOD_NAMES)), v.minLength(1))),
  rules: v.optional(v.strictObject(Object.fromEntries(RULES.map((rule) => [rule.name, v.optional(ruleSchema(rule))])))),
};

const configSchema = v.strictObject({ check: v.strictObject(checkEntries) });

/** The `check` part of a configuration file. */
export type CheckConfig = v.InferOutput<typeof configSchema>['check'];

/**
 * Checks a parsed configuration file.
 * @param place what messages call the file
 * @throws InputError naming the place in the file, and the nearest names of what is unknown
 */
export function parseConfig(value: unknown, place: string): CheckConfig {
  refuseLists(value, place);
  const checked = v.safeParse(configSchema, value, { abortEarly: true });
  if (checked.success) return checked.output.check;
  const issue = checked.issues[0];
  const { path, message } = firstProblem(issue);
  if (issue.type !== 'strict_object' || issue.expected !== 'never') {
    throw new InputError(`${place}: ${path === '' ? '' : `${path}: `}${message}`);
  }
  const keys = (issue.path ?? []).map(({ key }) => String(key));
  const unknown = keys.at(-1) ?? '';
  const near = nearestNames(unknown, namesAt(keys.slice(0, -1))).join(', ');
  throw new InputError(`${place}: ${path}: there is no such setting; the nearest are ${near}`);
}

/** Valibot takes a list for an object without entries; no setting but `methods` is one. */
function refuseLists(value: unknown, place: string, path: readonly string[] = []): void {
  if (Array.isArray(value) && path.join() !== 'check,methods') {
    throw new InputError(`${place}: ${path.length > 0 ? `${path.join('.')}: ` : ''}expected an object, found a list`);
  }
  if (typeof value !== 'object' || value === null || path.length > 3) return;
  for (const [key, inner] of Object.entries(value)) refuseLists(inner, place, [...path, key]);
}

/** What may stand at a place of the configuration. */
function namesAt([, part, name]: readonly string[]): string[] {
  const rule = RULES.find((each) => each.name === name);
  if (rule) return ['level', 'optional', ...Object.keys(rule.limits['re-export'])];
  if (part === 'rules') return RULES.map((each) => each.name);
  return part === undefined ? ['check', ...Object.keys(checkEntries)] : Object.keys(checkEntries);
}

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
