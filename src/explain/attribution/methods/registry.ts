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

/** A method by its name. @throws InputError with the nearest names */
export function methodNamed(name: string): Method {
  const found = METHODS.find((method) => method.name === name);
  if (found) return found;
  const names = METHODS.map((method) => method.name);
  throw new InputError(`--method ${name}: no such method; the nearest are ${nearestNames(name, names).join(', ')}`);
}
