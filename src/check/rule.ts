/** What a rule of the check is. To add one: a file in `rules/<group>/`, and a line in its registry. */
import type { Baseline } from './baseline/baseline.js';
import type { Measurement, PartName } from './measure/measure.js';
import type { Preset } from './settings/preset.js';
import type { Probes } from './probes/probes.js';

/** What a rule looks at. */
export interface RuleContext {
  readonly baseline: Baseline;
  readonly candidate: Measurement;
  readonly probes: Probes;
}

/** Limits of a rule: plain numbers and switches, so that one schema serves the configuration of all. */
export type Limits = Readonly<Record<string, number | boolean>>;

/** What a rule found. `skip`: there is nothing to judge, by the nature of the accepted model and its data. */
export interface Finding {
  readonly status: 'pass' | 'fail' | 'skip';
  readonly value: number | string | null;
  readonly limit: number | string | null;
  /** One sentence for people. */
  readonly sentence: string;
  /** The node where what was found begins, as it is called. */
  readonly where?: string | undefined;
  /** Further lines: the worst elements, the flips, the layers. */
  readonly details?: readonly string[];
}

/** One thing that a new export must keep: what it compares, and the limits that each preset sets. */
export interface Rule<L extends Limits = Limits> {
  /** `group.what`, as configuration and reports call it. */
  readonly name: string;
  /** What it looks at, in one line. */
  readonly summary: string;
  /** What a failure does unless configured otherwise: `warn` is shown and does not end the pipeline. */
  readonly level: 'error' | 'warn';
  /** Whether it is no failure when the rule cannot be run. */
  readonly optional: boolean;
  /** Whether it is about decisions, so that there is nothing to judge where the outputs are not class scores. */
  readonly classifiersOnly?: boolean;
  /** Costly parts of the measurement that it looks at. */
  readonly needs: readonly PartName[];
  readonly limits: Readonly<Record<Preset, L>>;
  /** Limits that what is found must not fall below; the others must not be exceeded. */
  readonly floors?: readonly string[];
  /** @throws CouldNotRun when what it looks at could not be measured */
  judge(context: RuleContext, limits: L): Finding;
}

/** Defines a rule; its limits' type follows from their declaration. */
export function defineRule<L extends Limits>(rule: Rule<L>): Rule {
  return rule;
}

/** The same limits for every preset. */
export function forAll<L extends Limits>(limits: L): Readonly<Record<Preset, L>> {
  return { 're-export': limits, float16: limits, int8: limits };
}

/** A number with three significant digits. */
export function short(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${short(100 * share)} %`;
}
