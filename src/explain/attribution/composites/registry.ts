/** The composites. To add one: a file beside this one, and a line here. */
import { InputError } from '../../../errors.js';
import { nearestNames } from '../../../nearest.js';
import { LRP_RULES } from '../rules/registry.js';
import type { Composite } from './composite.js';
import { epsilonAlpha2Beta1 } from './epsilon-alpha2-beta1.js';
import { epsilonAlpha2Beta1Flat } from './epsilon-alpha2-beta1-flat.js';
import { epsilonGammaBox } from './epsilon-gamma-box.js';
import { epsilonPlus } from './epsilon-plus.js';
import { epsilonPlusFlat } from './epsilon-plus-flat.js';
import { trends } from './trends.js';

/** Every composite. */
export const COMPOSITES: readonly Composite[] = [
  epsilonPlusFlat,
  epsilonPlus,
  epsilonAlpha2Beta1Flat,
  epsilonAlpha2Beta1,
  epsilonGammaBox,
  trends,
];

/** A composite by its name; the name of a rule of linear layers stands for that rule in every one of them. */
export function compositeNamed(name: string): Composite {
  const rules = LRP_RULES.filter(({ serves }) => serves.includes('linear')).map((rule) => rule.name);
  if (rules.includes(name)) {
    return { name, summary: `${name} everywhere`, layers: { conv: { rule: name }, dense: { rule: name } } };
  }
  const found = COMPOSITES.find((composite) => composite.name === name);
  if (found) return found;
  const names = [...COMPOSITES.map((composite) => composite.name), ...rules];
  throw new InputError(
    `\`composite\` ${name}: no such composite; the nearest are ${nearestNames(name, names).join(', ')}`,
  );
}
