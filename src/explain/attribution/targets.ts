/** Which class is explained. */
import { InputError } from '../../errors.js';
import { nearestNames } from '../../nearest.js';

/** An input whose class is asked for. */
export interface TargetQuestion {
  /** `predicted`, `true`, a class name or a class number. */
  readonly wanted: string;
  readonly predicted: number;
  /** The class that the data say, where it is known. */
  readonly truth: number | undefined;
  /** What messages call the input. */
  readonly input: string;
}

/** The class to explain. @throws InputError for one that the model does not have */
export function targetClass(
  { wanted, predicted, truth, input }: TargetQuestion,
  classNames: readonly string[],
  classes: number,
): number {
  const named = classNames.indexOf(wanted);
  if (named >= 0 && named < classes) return named;
  if (wanted === 'predicted') return predicted;
  if (wanted === 'true') {
    if (truth !== undefined) return truth;
    throw new InputError(`\`target\` true: the class of ${input} is not known; name a class, or give <data>@<index>`);
  }
  if (/^\d+$/.test(wanted) && Number(wanted) < classes) return Number(wanted);
  const near = nearestNames(wanted, ['predicted', 'true', ...classNames.slice(0, classes)]).join(', ');
  throw new InputError(
    `\`target\` ${wanted}: no such class; the model has 0 to ${classes - 1}, and the nearest names are ${near}`,
  );
}
