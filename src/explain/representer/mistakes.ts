/** Understanding misclassified examples ([Yeh et al. 2018], Sec. 4.3): training points that inhibit the true class. */
import { withOrigins } from '../../data/example-origin.js';
import { InputError } from '../../errors.js';
import type { RepresenterMistake } from '../../results/representer.js';
import type { FeaturesAndScores } from './features/body.js';
import { rowOf, selectRows, type FeatureMatrix } from './features/features.js';
import { weightOf, type PointSet } from './point-set.js';
import type { Points } from './points.js';
import type { LayerData } from './layer-data.js';

/** Groups of test points that are explained, at most: the largest ones. */
const LARGEST_GROUPS = 8;

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

/**
 * Explains the largest groups of misclassified test points.
 * @param scoresOf the scores that decide what a part of the data is taken for
 * @throws InputError without test data
 */
export async function explainMistakes(
  { layer, train, test, classNames, examplesFrom }: LayerData,
  set: PointSet,
  points: Points,
  scoresOf: (part: FeaturesAndScores) => Promise<ArrayLike<number>>,
  topK: number,
): Promise<RepresenterMistake[]> {
  if (!test) throw new InputError('`group` misclassified needs test data: add a test split to the data');
  const ofTest = predictions(await scoresOf(test), layer.outputs);
  const ofTrain = predictions(await scoresOf(train), layer.outputs);
  const named = (index: number) => ({ class: index, label: classNames[index] ?? String(index) });
  const result: RepresenterMistake[] = [];
  for (const group of mistakesIn(test.labels, ofTest).slice(0, LARGEST_GROUPS)) {
    const { truth, predicted, members } = group;
    const inhibitors = await inhibitorsOf(group, test.features, set, points, topK);
    const testCount = (accept: (says: number) => boolean) => countOf(test.labels, ofTest, truth, accept);
    const trainCount = (accept: (says: number) => boolean) => countOf(train.labels, ofTrain, truth, accept);
    result.push({
      truth: named(truth),
      predicted: named(predicted),
      members: [...members],
      memberOrigins: members.map((index) => test.data.origin(index)),
      ofClass: testCount(() => true),
      misclassified: testCount((says) => says !== truth),
      training: {
        ofClass: trainCount(() => true),
        misclassified: trainCount((says) => says !== truth),
        sameMistake: trainCount((says) => says === predicted),
      },
      inhibitory: withOrigins(inhibitors, examplesFrom).map((inhibitor) => ({
        ...inhibitor,
        predicted: ofTrain[inhibitor.index]!,
      })),
    });
  }
  return result;
}

/** Examples of a class whose prediction is accepted. */
function countOf(labels: Int32Array, predicted: Int32Array, truth: number, accept: (says: number) => boolean): number {
  return labels.reduce((sum, label, i) => sum + (label === truth && accept(predicted[i]!) ? 1 : 0), 0);
}
