/** The rules of layer-wise relevance propagation. To add one: a file beside this one, and a line here. */
import { InputError } from '../../../errors.js';
import { nearestNames } from '../../../nearest.js';
import { alphaBeta } from './alpha-beta.js';
import { average } from './average.js';
import { epsilon } from './epsilon.js';
import { flat } from './flat.js';
import { gamma } from './gamma.js';
import { gate } from './gate.js';
import { gradient } from './gradient.js';
import { pass } from './pass.js';
import type { RuleParameter, LrpRule, RuleSpec } from './rule.js';
import { wsquare } from './wsquare.js';
import { zbox } from './zbox.js';
import { zplus } from './zplus.js';

/** Every rule; those of linear layers first. */
export const LRP_RULES: readonly LrpRule[] = [
  epsilon,
  gamma,
  zplus,
  alphaBeta,
  zbox,
  wsquare,
  flat,
  pass,
  average,
  gate,
  gradient,
];

/** A rule by its name. @param place what the message begins with */
export function ruleNamed(name: string, place: string): LrpRule {
  const found = LRP_RULES.find((rule) => rule.name === name);
  if (found) return found;
  const names = LRP_RULES.map((rule) => rule.name);
  throw new InputError(`${place}: no rule "${name}"; the nearest are ${nearestNames(name, names).join(', ')}`);
}

/**
 * Checks a rule with its settings, as a file gives them: a name, or an object with the name and settings.
 * @param place what messages begin with: the file and the layer
 * @throws InputError for an unknown rule or setting, or a setting of another type or below 0
 */
export function parseRuleSpec(value: unknown, place: string): RuleSpec {
  if (typeof value === 'string') return { rule: ruleNamed(value, place).name };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${place}: expected a rule such as "zplus" or {"rule": "gamma", "gamma": 0.25}`);
  }
  const { rule: name, ...given } = value as Record<string, unknown>;
  if (typeof name !== 'string') throw new InputError(`${place}: "rule" is missing; name the rule`);
  const { defaults } = ruleNamed(name, place);
  const settings: Record<string, RuleParameter> = {};
  for (const [key, setting] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, key)) {
      const known = Object.keys(defaults).join(', ') || 'none';
      throw new InputError(`${place}: rule ${name} has no setting "${key}"; it has ${known}`);
    }
    settings[key] = checked(setting, defaults[key]!, `${place}, setting "${key}"`);
  }
  return { rule: name, ...settings };
}

function checked(value: unknown, like: RuleParameter, place: string): RuleParameter {
  const isNumber = (each: unknown): each is number => typeof each === 'number' && Number.isFinite(each);
  if (typeof like === 'boolean' && typeof value === 'boolean') return value;
  if (typeof like === 'number' && isNumber(value) && value >= 0) return value;
  if (typeof like === 'object' && isNumber(value)) return [value];
  if (typeof like === 'object' && Array.isArray(value) && value.length > 0 && value.every(isNumber)) return value;
  const wanted =
    { object: 'a number or a list of numbers', number: 'a number from 0' }[typeof like as string] ?? 'true or false';
  throw new InputError(`${place}: expected ${wanted}, found ${JSON.stringify(value) ?? 'nothing'}`);
}
