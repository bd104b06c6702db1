/** The result of `check`: what each rule found about a new export of an accepted model. */
import * as v from 'valibot';
import { count, list, magnitude, number } from './fields.js';
import { header } from './header.js';

const scalar = v.nullable(v.union([number, v.string()]));

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
  details: list(v.string()),
});

/** Schema of a check result. */
export const checkSchema = v.object({
  kind: v.literal('check'),
  ...header,
  /** The accepted model: its baseline file, its own name, and its SHA-256. */
  baseline: v.object({ path: v.string(), model: v.string(), sha256: v.string() }),
  preset: v.string(),
  verdict: v.picklist(['pass', 'regression']),
  probes: count,
  /** Time of all measurements. */
  seconds: magnitude,
  rules: list(rule),
});

/** A check result. */
export type CheckResult = v.InferOutput<typeof checkSchema>;
/** What one rule found. */
export type CheckRule = v.InferOutput<typeof rule>;
