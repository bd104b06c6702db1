/** The result of `check`: what each rule found about a new export of an accepted model. */
import * as v from 'valibot';
import { count, list, magnitude, number } from '../schema/fields.js';
import { namedClass, probableClass } from './classes.js';
import { explainedInput } from './example.js';
import { header } from './header.js';

const scalar = v.nullable(v.union([number, v.string()]));

/** What a configuration, an option or the baseline makes of a rule. */
const change = v.object({
  /** The configuration's file, the option in backquotes, or `the baseline`. */
  by: v.string(),
  effect: v.picklist(['off', 'looser', 'stricter', 'unmeasured']),
  /** In words. */
  what: v.string(),
});

const rule = v.object({
  /** `group.what` */
  rule: v.string(),
  /** `warn`: a failure of a rule that does not end the pipeline. `skip`: nothing to judge, or switched off. */
  status: v.picklist(['pass', 'warn', 'fail', 'skip', 'could-not-run']),
  level: v.picklist(['error', 'warn', 'off']),
  /** Whether it is no failure when it could not run. */
  optional: v.boolean(),
  /** Whether it makes the check fail. */
  blocks: v.boolean(),
  value: scalar,
  limit: scalar,
  /** What was found, in one sentence. */
  sentence: v.string(),
  /** The node where what was found begins: the first that diverges. Absent in results of earlier versions. */
  where: v.optional(v.string()),
  details: list(v.string()),
  /** How it is judged otherwise than by the preset alone. */
  changes: v.optional(list(change), []),
});

/** A probe that the new export decides otherwise. */
const changedDecision = v.object({
  /** Its number among the probes. */
  probe: count,
  ...explainedInput,
  /** The row of a table that it is: absent where columns have no names or are more than 24, and in results of earlier versions. */
  features: v.optional(list(v.object({ name: v.string(), value: number }))),
  truth: v.optional(v.object(namedClass)),
  /** By the accepted model. */
  before: probableClass,
  /** By the new export. */
  after: probableClass,
});

/** Schema of a check result. */
export const checkSchema = v.object({
  kind: v.literal('check'),
  ...header,
  /** The accepted model: its baseline file, its own name, and its SHA-256. */
  baseline: v.object({ path: v.string(), model: v.string(), sha256: v.string() }),
  preset: v.string(),
  /** The configuration in force; found, if nobody named it and it lay in the current folder. */
  configuration: v.optional(v.nullable(v.object({ path: v.string(), found: v.boolean() })), null),
  verdict: v.picklist(['pass', 'regression']),
  probes: count,
  /** Time of all measurements. */
  seconds: v.optional(magnitude),
  rules: list(rule),
  /**
   * Probes whose decision changed, ties left out: what was right and is wrong first, then those of which the accepted model was surest;
   * 200 at most. Absent where nothing is decided, and in results of earlier versions.
   */
  changes: v.optional(list(changedDecision)),
  /** How many changed, listed or not, and how many of these from right to wrong, where true classes are known; absent as `changes` is. */
  changed: v.optional(v.object({ all: count, lost: v.optional(count) })),
});

/** What `check` found: the verdict, and what each rule says. */
export type CheckResult = v.InferOutput<typeof checkSchema>;
/** What a configuration, an option or the baseline makes of a rule. */
export type RuleChange = v.InferOutput<typeof change>;
/** A probe that the new export decides otherwise. */
export type CheckChange = v.InferOutput<typeof changedDecision>;
/** What one rule found. */
export type CheckRule = v.InferOutput<typeof rule>;
