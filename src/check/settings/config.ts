/** The configuration file of the check (Node only). */
import * as v from 'valibot';
import { printable } from '../../data/printable.js';
import { InputError } from '../../errors.js';
import { METHODS } from '../../explain/attribution/methods/registry.js';
import { look, readBytes } from '../../files.js';
import { nearestNames } from '../../nearest.js';
import { count, magnitude } from '../../schema/fields.js';
import { firstProblem } from '../../schema/problem.js';
import type { Rule } from '../rule.js';
import { RULES } from '../rules/registry.js';
import { PRESETS } from './preset.js';
import { parseJson } from '../../schema/json.js';

/** Configuration that is read from the current folder when none is named. */
export const CONFIG_FILE = 'onnx-explain.config.json';

/** Names of the methods that explanations may be compared by. */
export const CHECK_METHOD_NAMES = METHODS.map(({ name }) => name);

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
  methods: v.optional(v.pipe(v.array(v.picklist(CHECK_METHOD_NAMES)), v.minLength(1))),
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

/** A configuration file, and what it holds. */
export interface Configuration {
  readonly path: string;
  /** Whether nobody named it: it lay in the current folder. */
  readonly found: boolean;
  readonly check: CheckConfig;
}

/** Settings take a few thousand bytes. */
const LARGEST_CONFIG = 2 ** 20;

/**
 * Reads the configuration file of a check.
 * @param named by the caller; if not, that of the current folder is read where there is one
 * @returns undefined where there is none
 * @throws InputError when it cannot be read, or holds an unknown setting
 */
export async function readConfig(named: string | undefined): Promise<Configuration | undefined> {
  const path = named ?? CONFIG_FILE;
  const size = (await look(path))?.size;
  if (size === undefined && named === undefined) return undefined;
  const shown = printable(path);
  if (size !== undefined && size > LARGEST_CONFIG) {
    throw new InputError({
      file: shown,
      problem: `${size} bytes are too many for settings`,
      mend: 'name another file',
    });
  }
  const text = new TextDecoder().decode(await readBytes(path));
  const parsed = parseJson(
    text,
    (why) => new InputError({ file: shown, problem: `not JSON (${printable(why, 120)})`, mend: 'correct it' }),
  );
  return { path, found: named === undefined, check: parseConfig(parsed, shown) };
}
