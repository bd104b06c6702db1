/** The methods of attribution. To add one: a file beside this one, and a line here. */
import { InputError } from '../../../errors.js';
import { nearestNames } from '../../../nearest.js';
import type { Method } from '../method.js';
import { deconvNet } from './deconvnet.js';
import { gradCam } from './grad-cam.js';
import { gradient } from './gradient.js';
import { guidedBackprop } from './guided-backprop.js';
import { inputXGradient } from './input-x-gradient.js';
import { integratedGradients } from './integrated-gradients.js';
import { lrp } from './lrp.js';
import { mim } from './mim.js';
import { smoothGrad } from './smooth-grad.js';

/** Every method that needs nothing but the model and the input, in the order of the report. */
export const METHODS: readonly Method[] = [
  gradient,
  inputXGradient,
  integratedGradients,
  smoothGrad,
  guidedBackprop,
  deconvNet,
  gradCam,
  lrp,
];

/** Methods that compare the input with a data set. */
export const METHODS_WITH_DATA: readonly Method[] = [mim];

const ALL = [...METHODS, ...METHODS_WITH_DATA];

/** Names of all methods. */
export const METHOD_NAMES: readonly string[] = ALL.map(({ name }) => name);

/** A method by its name. @throws InputError with the nearest names */
export function methodNamed(name: string): Method {
  const found = ALL.find((method) => method.name === name);
  if (found) return found;
  const near = nearestNames(name, METHOD_NAMES).join(', ');
  throw new InputError(`\`method\` ${name}: no such method; the nearest are ${near}`);
}
