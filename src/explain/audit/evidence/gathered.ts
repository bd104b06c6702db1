/** What other examples say of each label, gathered over one or more states of a network. */
import { midRanks } from '../../../numeric/statistics.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { FeatureMatrix } from '../../representer/features/features.js';
import { likeliest, ofLabels } from './confident.js';
import type { OthersSay } from './inputs.js';
import { memorisation, MEMORISED, type Memorisation } from './memorised.js';
import { neighbourVotes } from './neighbours.js';
import { outOfFold, type LabelledRows } from './out-of-fold.js';

/**
 * Evidence from last features, out of fold and by neighbours, each its mean over the states; the second state counts twice, the
 * third three times, since a network that has not memorised its labels knows the more the longer it was trained.
 */
export interface Gathered extends OthersSay {
  /** What the first state alone says: features that have seen the labels least. */
  readonly first: OthersSay;
  /** Features of the last state that counts. */
  readonly features: FeatureMatrix;
  /** Of the last state that was looked at, whether it counts or not. */
  readonly memorisation: Memorisation;
  /** Whether that is beyond {@link MEMORISED}. */
  readonly memorised: boolean;
}

/** Gathers evidence state by state. */
export interface Gatherer {
  /**
   * Takes the features of a state, unless its network repeats most of the labels that the evidence up to here contradicts.
   * @param given the class that the network gives, [rows]
   * @returns whether the state counts; after the first that does not, no other is asked for
   */
  take(features: FeatureMatrix, given: Int32Array): Promise<boolean>;
  /** What was gathered. The first state counts in any case. */
  readonly result: Gathered;
}

/** Begins to gather. */
export function createGatherer(
  { labels, classes }: Pick<LabelledRows, 'labels' | 'classes'>,
  seed: number,
  runtime: Runtime,
): Gatherer {
  const size = labels.length * classes;
  const sums = { probabilities: new Float64Array(size), votes: new Float64Array(size) };
  let states = 0;
  let first: OthersSay | undefined;
  let last: Omit<Gathered, 'probabilities' | 'votes' | 'first'> | undefined;
  return {
    take: async (features, given) => {
      const rows: LabelledRows = { features, labels, classes };
      const probabilities = await outOfFold(rows, seed, runtime);
      const votes = await neighbourVotes(rows, runtime);
      first ??= { probabilities, votes };
      const together = Float64Array.from({ length: size }, (_, k) => {
        return sums.probabilities[k]! + sums.votes[k]! + (states + 1) * (probabilities[k]! + votes[k]!);
      });
      const found = memorisation(likeliest(together, classes), given, labels);
      const memorised = found.repeated >= MEMORISED;
      const counts = !memorised || states === 0;
      last = { features: counts ? features : last!.features, memorisation: found, memorised };
      if (!counts) return false;
      states++;
      addTo(sums.probabilities, probabilities, states);
      addTo(sums.votes, votes, states);
      return true;
    },
    get result() {
      return {
        ...last!,
        first: first!,
        probabilities: sums.probabilities.map((sum) => sum / total(states)),
        votes: sums.votes.map((sum) => sum / total(states)),
      };
    },
  };
}

/** Normalised ranks, 0 to 1, of the evidence against each label: two lists, out of fold and by neighbours. */
export function evidenceRanks(
  { probabilities, votes }: OthersSay,
  labels: Int32Array,
  classes: number,
): Float64Array[] {
  return [probabilities, votes].map((list) => normalisedRanks(ofLabels(list, labels, classes).map((p) => -p)));
}

/** Mid-ranks from 0 (least) to 1. */
export function normalisedRanks(values: ArrayLike<number>): Float64Array {
  return midRanks(values).map((rank) => (rank - 1) / Math.max(1, values.length - 1));
}

/** 1 + 2 + … + states */
const total = (states: number) => (states * (states + 1)) / 2;

function addTo(sums: Float64Array, values: Float64Array, weight: number): void {
  for (let k = 0; k < sums.length; k++) sums[k]! += weight * values[k]!;
}
