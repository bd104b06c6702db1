/** Which score of an input is explained. */
import { InputError } from '../errors.js';
import { nearestNames } from '../nearest.js';

/** An input whose class (or unit of a hidden layer) is asked for. */
export interface TargetQuestion {
  /** `predicted`, `true`, or a class by name or number; a name goes before the two words. */
  readonly wanted: string;
  /** The most probable class; the strongest unit. */
  readonly predicted: number;
  /** The class that the data say, where it is known. */
  readonly truth: number | undefined;
  /** What messages call the input. */
  readonly input: string;
}

/** What there is to choose from: classes with their names, or units of a layer, which have none and no truth. */
export type Targets =
  | { readonly kind: 'class'; readonly count: number; readonly names: readonly string[] }
  | { readonly kind: 'unit'; readonly count: number; readonly layer: string };

/** The class or unit to explain. @throws InputError for one that there is not, and for a true class that is not known */
export function targetOf({ wanted, predicted, truth, input }: TargetQuestion, targets: Targets): number {
  const { kind, count } = targets;
  const names = kind === 'class' ? targets.names.slice(0, count) : [];
  const named = names.indexOf(wanted);
  if (named >= 0) return named;
  if (wanted === 'predicted') return predicted;
  if (wanted === 'true' && kind === 'unit') {
    throw new InputError(`\`target\` true: the units of layer "${targets.layer}" are not classes; give a number`);
  }
  if (wanted === 'true') {
    if (truth !== undefined && truth < count) return truth;
    throw new InputError(
      `\`target\` true: the class of ${input} is not known; name a class, or give an example of the model's own data as <data>@<index>`,
    );
  }
  if (/^\d+$/.test(wanted) && Number(wanted) < count) return Number(wanted);
  const choice = kind === 'class' ? 'predicted, true, or a class by name or number' : 'predicted, or a unit';
  const near =
    names.length === 0 || /^-?\d+$/.test(wanted) ? '' : `; the nearest are ${nearestNames(wanted, names).join(', ')}`;
  throw new InputError(`\`target\` ${wanted}: expected ${choice} from 0 to ${count - 1}${near}`);
}
