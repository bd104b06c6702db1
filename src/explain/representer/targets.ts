/** Which score of an input is explained. */
import type { Input } from '../../data/input.js';
import { InputError } from '../../errors.js';
import { nearestNames } from '../../nearest.js';
import { indexOfMax } from '../../numeric/vectors.js';
import { probabilitiesOf } from '../trace/activations.js';
import type { Subject } from './subject.js';

/**
 * The class whose score is explained, or the unit of a hidden layer.
 * @param scores what the model computes for the input
 * @param wanted `predicted`, `true`, or a class by name or number
 * @throws InputError for what is no class, and for a true class that is not known
 */
export function targetOf(
  { layer, classNames }: Pick<Subject, 'layer' | 'classNames'>,
  input: Pick<Input, 'name' | 'label'>,
  scores: Float64Array,
  wanted: string,
): number {
  const { outputs, isLast } = layer;
  const classes = outputs === 1 ? 2 : outputs;
  if (wanted === 'predicted') return isLast ? probabilitiesOf(scores)[0]!.class : indexOfMax(scores);
  if (wanted === 'true') {
    if (!isLast)
      throw new InputError(`\`target\` true: the units of layer "${layer.name}" are no classes; give a number`);
    if (input.label === undefined) {
      throw new InputError(
        `\`target\` true: the class of ${input.name} is not known; name a class, or give <data>@<index>`,
      );
    }
    if (input.label < classes) return input.label;
  }
  const named = isLast ? classNames.indexOf(wanted) : -1;
  const target = named >= 0 ? named : /^\d+$/.test(wanted) ? Number(wanted) : -1;
  if (target >= 0 && target < classes) return target;
  if (!isLast) throw new InputError(`\`target\` ${wanted}: expected predicted, or a unit from 0 to ${classes - 1}`);
  const nearest = /^-?\d+$/.test(wanted) ? '' : `; the nearest are ${nearestNames(wanted, classNames).join(', ')}`;
  throw new InputError(
    `\`target\` ${wanted}: expected predicted, true, or a class by name or number from 0 to ${classes - 1}${nearest}`,
  );
}
