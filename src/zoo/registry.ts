/** The architectures of the zoo. To add one: a file, and a line here. */
import { InputError } from '../errors.js';
import type { Architecture } from './architecture.js';
import { gin } from './gin.js';
import { lenet, lenetBn } from './lenet.js';
import { mlp } from './mlp.js';
import { resnet18 } from './resnet.js';
import { complexCnn, complexCnnBn, simpleCnn, simpleCnnBn } from './trends.js';
import { vgg11, vgg16 } from './vgg.js';
import { vitTiny } from './vit.js';

/** Every architecture, small ones first. */
export const ARCHITECTURES: readonly Architecture[] = [
  mlp,
  lenet,
  lenetBn,
  simpleCnn,
  simpleCnnBn,
  complexCnn,
  complexCnnBn,
  vgg11,
  vgg16,
  resnet18,
  vitTiny,
  gin,
];

/** An architecture by its name. @throws InputError that lists what there is */
export function architecture(name: string): Architecture {
  const found = ARCHITECTURES.find((candidate) => candidate.name === name);
  if (!found) {
    const names = ARCHITECTURES.map((candidate) => candidate.name);
    throw new InputError(`no architecture "${name}"; choose one of ${names.join(', ')}`);
  }
  return found;
}
