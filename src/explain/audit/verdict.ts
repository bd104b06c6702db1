/** What an audit says of labels: how many are likely wrong, and of a suspect what it should be and who speaks against it. */
import type { Dataset } from '../../data/dataset.js';
import { withOrigins } from '../../data/example-origin.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { AuditErrors, AuditSuspect } from '../../results/audit.js';
import { confidentLabels, likeliest } from './evidence/confident.js';
import type { Gathered } from './evidence/gathered.js';
import { opponentsOf } from './evidence/neighbours.js';
import type { WrongLabels } from './evidence/wrong-labels.js';

/** Opponents that are listed of each suspect. */
const OPPONENTS = 5;

/** Fewer estimated errors than this are none. */
const HALF_AN_ERROR = 0.5;

/** What other examples say of one label. */
export type Counsel = Pick<AuditSuspect, 'suggested' | 'confidence' | 'wrong'>;

/**
 * How many labels are likely wrong: by the likelihood of all labels, with its interval; by the estimate of confident learning; and
 * those that both out-of-fold probabilities and neighbours contradict. Nothing is suspicious where the interval begins below one
 * label; where too few examples are clear for an interval, nothing is where either of the other two is none.
 */
export function labelErrors(
  { probabilities, votes }: Gathered,
  { counted, from, clear }: WrongLabels,
  labels: Int32Array,
  classes: number,
): AuditErrors {
  const { confident, estimatedErrors } = confidentLabels(probabilities, labels, classes);
  const voted = likeliest(votes, classes);
  let contradicted = 0;
  labels.forEach((label, i) => {
    if (confident[i]! >= 0 && confident[i] !== label && voted[i] !== label) contradicted++;
  });
  return {
    estimated: estimatedErrors,
    contradicted,
    suspicious: counted ? counted.interval[0] >= 1 : estimatedErrors >= HALF_AN_ERROR && contradicted > 0,
    counted: counted && { estimated: counted.estimated, interval: [...counted.interval], from },
    clear,
  };
}

/** The label that each example should have, where it is another one, and how probable that is. */
export function counselOf(
  { probabilities }: Gathered,
  { posterior }: Pick<WrongLabels, 'posterior'>,
  labels: Int32Array,
  classes: number,
): (index: number) => Counsel {
  const likely = likeliest(probabilities, classes);
  return (index) => {
    const suggested = likely[index]!;
    return {
      suggested: suggested === labels[index] ? undefined : suggested,
      confidence: Math.min(1, posterior[index * classes + suggested]!),
      wrong: Math.max(0, 1 - posterior[index * classes + labels[index]!]!),
    };
  };
}

/** Among what opponents are looked for. */
interface Among {
  readonly gathered: Pick<Gathered, 'features'>;
  readonly train: { readonly labels: Int32Array; readonly data: Pick<Dataset, 'members'> };
  readonly examplesFrom: Pick<Dataset, 'origin'>;
}

/**
 * Adds to suspects the training examples that look most like them and carry another label.
 * @param rows of the suspects among the examples
 */
export async function withOpponents<S>(
  suspects: readonly S[],
  rows: Int32Array,
  { gathered: { features }, train: { labels, data }, examplesFrom }: Among,
  runtime: Runtime,
): Promise<(S & Pick<AuditSuspect, 'opponents'>)[]> {
  const chosen = rows.slice(0, suspects.length);
  const found = await opponentsOf({ features, labels }, chosen, OPPONENTS, runtime);
  return suspects.map((suspect, i) => {
    const opponents = found[i]!.map(({ index: row, similarity }) => {
      return { index: data.members?.[row] ?? row, label: labels[row]!, similarity };
    });
    return { ...suspect, opponents: withOrigins(opponents, examplesFrom) };
  });
}
