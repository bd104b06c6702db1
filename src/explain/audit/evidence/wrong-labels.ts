/** How many labels are wrong, from evidence that can tell, and how likely each label is. */
import type { Gathered } from './gathered.js';
import type { OthersSay } from './inputs.js';
import { estimateLabelModel, labelModelOf, type LabelModel, type Says } from './label-model.js';
import { neighbourCount } from './neighbours.js';

/** An example is clear where other examples give one class at least this probability. */
const CLEAR = 0.95;

/**
 * Slips are told from hard examples by labels of clear ones: where fewer than this share are clear, no number is said. Measured: a
 * third and more on MNIST and Fashion-MNIST, 0 to 4 % on CIFAR-10, where the estimate was off by a factor of two.
 */
const CLEAR_SHARE = 0.1;

/** Wrong labels, and how sure that is. */
export interface WrongLabels {
  /** Expected number of wrong labels, and the interval of 95 %; undefined where too few examples are clear. */
  readonly counted: { readonly estimated: number; readonly interval: readonly [number, number] } | undefined;
  /**
   * What the number was read off. `inputs`: the examples themselves, which no label has shaped. `features`: those of a network that
   * was trained on the very labels, also on the wrong ones, of which some are missed.
   */
  readonly from: 'inputs' | 'features';
  /** Share of the examples whose class other examples tell with 95 % and more. */
  readonly clear: number;
  /** Probability of each class, the label known, [rows, classes]. */
  readonly posterior: Float64Array;
}

/** What wrong labels are looked for in. */
export interface WrongLabelsRequest {
  /** Evidence of features, and, with a run, of how they were before the network learnt labels one by one. */
  readonly gathered: Gathered;
  /** Evidence of the inputs; undefined where those say little, or are the features. */
  readonly inputs: OthersSay | undefined;
  /** Whether the features are the inputs. */
  readonly inputsAreFeatures: boolean;
  /** Whether `gathered` begins at an early state of a training. */
  readonly beginsEarly: boolean;
  readonly labels: Int32Array;
  readonly classes: number;
}

/** Counts wrong labels by evidence that no label has shaped where that can tell, else with features too. */
export async function findWrongLabels(request: WrongLabelsRequest): Promise<WrongLabels> {
  const { gathered, inputs, inputsAreFeatures, beginsEarly, labels, classes } = request;
  const asSources = (says: OthersSay) => sourcesOf(says, labels.length, classes);
  const unshaped = inputsAreFeatures ? asSources(gathered) : inputs ? asSources(inputs) : [];
  const counted = (share: number, [low, high]: readonly [number, number]) => {
    const [estimated, from, to] = [share, low, high].map((value) => value * labels.length) as [number, number, number];
    return { estimated, interval: [from, to] as const };
  };
  if (unshaped.length > 0) {
    const model = await estimateLabelModel(unshaped, labels, classes);
    const clear = clearShare(model, classes);
    if (clear >= CLEAR_SHARE) {
      const early = beginsEarly && !inputsAreFeatures ? asSources(gathered.first) : [];
      const { posterior } =
        early.length > 0 ? await labelModelOf([...early, ...unshaped], labels, classes, model.share) : model;
      return { counted: counted(model.share, model.interval), from: 'inputs', clear, posterior };
    }
    if (inputsAreFeatures) return { counted: undefined, from: 'inputs', clear, posterior: model.posterior };
  }
  const model = await estimateLabelModel([...asSources(gathered), ...unshaped], labels, classes);
  const clear = clearShare(model, classes);
  return {
    counted: clear >= CLEAR_SHARE ? counted(model.share, model.interval) : undefined,
    from: 'features',
    clear,
    posterior: model.posterior,
  };
}

/** Out-of-fold probabilities, and shares of neighbours as if each class had half of a neighbour more: none is ever impossible. */
function sourcesOf({ probabilities, votes }: OthersSay, rows: number, classes: number): Says[] {
  const neighbours = neighbourCount(rows, classes);
  return [probabilities, votes.map((share) => (share * neighbours + 0.5) / (neighbours + classes / 2))];
}

function clearShare({ likely }: LabelModel, classes: number): number {
  const rows = likely.length / classes;
  let clear = 0;
  for (let i = 0; i < rows; i++) {
    if (likely.subarray(i * classes, (i + 1) * classes).some((p) => p >= CLEAR)) clear++;
  }
  return clear / rows;
}
