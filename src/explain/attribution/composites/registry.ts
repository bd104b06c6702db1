/** The composites. To add one: a file beside this one, and a line here. */
import { InputError } from '../../../errors.js';
import { nearestNames } from '../../../nearest.js';
import type { Node } from '../../../onnx/model.js';
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

/** The name that leaves the choice to the network. */
export const AUTO_COMPOSITE = 'auto';

/**
 * The composite for a network. By itself, that is the one with the flat rule where convolutions see the input, and the one
 * without where a dense layer does: flat would give each of its inputs the same, whatever they are.
 * @param seeInput the linear nodes with none before them
 */
export function compositeFor(name: string, seeInput: Iterable<Pick<Node, 'opType'>>): Composite {
  if (name !== AUTO_COMPOSITE) return compositeNamed(name);
  return [...seeInput].every(({ opType }) => opType.startsWith('Conv')) ? epsilonPlusFlat : epsilonPlus;
}

/** A composite by its name; the name of a rule of linear layers stands for that rule in every one of them. */
export function compositeNamed(name: string): Composite {
  const rules = LRP_RULES.filter(({ serves }) => serves.includes('linear')).map((rule) => rule.name);
  if (rules.includes(name)) {
    return { name, summary: `${name} everywhere`, layers: { conv: { rule: name }, dense: { rule: name } } };
  }
  const found = COMPOSITES.find((composite) => composite.name === name);
  if (found) return found;
  const names = [AUTO_COMPOSITE, ...COMPOSITES.map((composite) => composite.name), ...rules];
  throw new InputError(
    `\`composite\` ${name}: no such composite; the nearest are ${nearestNames(name, names).join(', ')}`,
  );
}
