/** Understanding misclassified examples (Yeh et al., Sec. 4.3): training points that inhibit the true class. */
import { rowOf, selectRows, type FeatureMatrix } from './features.js';
import { weightOf, type Points, type PointSet } from './points.js';

/** Test points of one class that the model takes for one other. */
export interface Mistake {
  readonly truth: number;
  readonly predicted: number;
  /** Indices of the test points. */
  readonly members: readonly number[];
}

/** A training point that inhibits the true class of a group. */
export interface Inhibitor {
  readonly index: number;
  readonly label: number;
  readonly alpha: number;
  /** Mean of its values over the members. */
  readonly value: number;
  /** For how many members it is among the strongest inhibitory points. */
  readonly among: number;
}

/** Class of the highest score of each row; a single score above 0 means class 1. */
export function predictions(scores: ArrayLike<number>, outputs: number): Int32Array {
  return Int32Array.from({ length: scores.length / outputs }, (_, row) => {
    if (outputs === 1) return scores[row]! > 0 ? 1 : 0;
    let best = 0;
    for (let j = 1; j < outputs; j++) if (scores[row * outputs + j]! > scores[row * outputs + best]!) best = j;
    return best;
  });
}

/** Groups of test points that make the same mistake, largest first. */
export function mistakesIn(labels: Int32Array, predicted: Int32Array): Mistake[] {
  const groups = new Map<string, { truth: number; predicted: number; members: number[] }>();
  labels.forEach((truth, i) => {
    if (predicted[i] === truth) return;
    const name = `${truth} as ${predicted[i]!}`;
    if (!groups.has(name)) groups.set(name, { truth, predicted: predicted[i]!, members: [] });
    groups.get(name)!.members.push(i);
  });
  return [...groups.values()].sort((a, b) => b.members.length - a.members.length || a.truth - b.truth);
}

/** The training points that inhibit the true class of a group most, by the mean of their values over the group. */
export async function inhibitorsOf(
  { truth, members }: Mistake,
  test: FeatureMatrix,
  set: PointSet,
  points: Points,
  topK: number,
): Promise<Inhibitor[]> {
  const group = selectRows(test, members);
  const targets = members.map(() => truth);
  const times = new Map<number, number>();
  for (const { inhibitory } of await points.explain(group, targets, topK)) {
    for (const { index } of inhibitory) times.set(index, (times.get(index) ?? 0) + 1);
  }
  // A value is linear in f_t, so its mean over the group is its value at the mean of the features.
  const [mean] = await points.explain(meanOf(group), [truth], topK);
  return mean!.inhibitory.map(({ index, label, value }) => ({
    index,
    label,
    value,
    alpha: weightOf(set, index, truth),
    among: times.get(index) ?? 0,
  }));
}

function meanOf({ rows, columns, data }: FeatureMatrix): FeatureMatrix {
  const mean = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    rowOf(data, columns, row).forEach((value, k) => (mean[k]! += value / rows));
  }
  return { rows: 1, columns, data: mean };
}
