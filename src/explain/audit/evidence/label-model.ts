/**
 * How many labels are wrong: the labels as a mixture of what other examples say and of slips. With a probability of 1 − ε a label is
 * drawn from what other examples say of its example, else it is any other class, all equally likely; ε is where the likelihood of
 * the given labels is largest, and its interval where the likelihood is not much smaller. Ambiguous examples do not count as wrong:
 * what other examples say of them is as uncertain as their labels are.
 */
import { lbfgs } from '../../../numeric/solvers/lbfgs.js';
import { maxNorm } from '../../../numeric/vectors.js';

/** Evidence of one kind: [rows, classes], each row a distribution, which must not have been learnt from the row's own label. */
export type Says = Float64Array;

/** A share of wrong labels, and what the examples then are. */
export interface LabelModel {
  /** ε: share of labels that are slips. */
  readonly share: number;
  /** Probability of each class by what other examples say, before the label is looked at, [rows, classes]. */
  readonly likely: Float64Array;
  /** Probability of each class once the label is known too, [rows, classes]. */
  readonly posterior: Float64Array;
}

/** A model with the likelihood of its share. */
export interface EstimatedLabelModel extends LabelModel {
  /** Shares that the likelihood does not exclude at 95 %: twice its logarithm is within 3.84 of the largest ([Wilks 1938]). */
  readonly interval: readonly [number, number];
}

/** Largest fall of the log-likelihood inside of a 95 % interval: half of the χ² quantile of one degree of freedom. */
const FALL = 3.841 / 2;

/** Labels of which more are slips say nothing. */
const LARGEST_SHARE = 0.85;

/** How closely shares are found. */
const PRECISION = 1e-4;

/**
 * Of out-of-fold probabilities wrong labels leave ε/(K − 1) under every class; what is left above it is not taken below this part
 * of it, as it is known no better.
 */
const FLOOR_PART = 20;
const LEAST = 1e-6;

/** Variance of the weights of evidence around their mean, before any label is seen. */
const WEIGHT_VARIANCE = 1;

/** Examples that a share is estimated from; of more, so many evenly spread ones. */
const MOST_ROWS = 20_000;

/** Estimates the share of wrong labels by maximum likelihood. */
export async function estimateLabelModel(
  sources: readonly Says[],
  labels: Int32Array,
  classes: number,
): Promise<EstimatedLabelModel> {
  const some = Math.min(labels.length, MOST_ROWS);
  const rows = Int32Array.from({ length: some }, (_, k) => Math.floor((k * labels.length) / some));
  const partial = some === labels.length ? sources : sources.map((source) => selected(source, rows, classes));
  const fitted = fits(partial, some === labels.length ? labels : rows.map((i) => labels[i]!), classes);
  const loss = async (share: number) => (await fitted(share)).loss;
  const best = await lowest(loss);
  const limit = (await loss(best)) + FALL;
  const low = (await loss(0)) <= limit ? 0 : await crossing(loss, limit, best, 0);
  let above = Math.max(best, PRECISION);
  while (above < LARGEST_SHARE && (await loss(above)) < limit) above = Math.min(LARGEST_SHARE, 1.3 * above + 0.002);
  const high = (await loss(above)) < limit ? above : await crossing(loss, limit, best, above);
  const { parameters } = await fitted(best);
  return { ...modelOf(sources, labels, classes, best, parameters), interval: [low, high] };
}

/** What examples are when the share of wrong labels is known: from other evidence, say. */
export async function labelModelOf(
  sources: readonly Says[],
  labels: Int32Array,
  classes: number,
  share: number,
): Promise<LabelModel> {
  const { parameters } = await fits(sources, labels, classes)(share);
  return modelOf(sources, labels, classes, share, parameters);
}

/** Fits the weights of evidence for given shares, each share once. */
function fits(sources: readonly Says[], labels: Int32Array, classes: number) {
  const known = new Map<number, Promise<{ loss: number; parameters: Float64Array }>>();
  let start: Float64Array = new Float64Array(sources.length).fill(1 / sources.length);
  const fit = async (share: number) => {
    const evidence = sources.map((source) => aboveFloor(source, share, classes));
    const objective = (point: Float64Array) => Promise.resolve(lossAt(point, evidence, labels, classes, share));
    const tolerance = 1e-5 * labels.length;
    const { value, point } = await lbfgs(objective, start, {
      isStationary: (gradient) => maxNorm(gradient) <= tolerance,
      maxIterations: 200,
    });
    // Shares that are asked for lie near each other, and so do their fits.
    start = point;
    return { loss: value, parameters: point };
  };
  return (share: number) => {
    if (!known.has(share)) known.set(share, fit(share));
    return known.get(share)!;
  };
}

/** Logarithms of evidence, less what wrong labels put under it. */
function aboveFloor(source: Says, share: number, classes: number): Float64Array {
  const floor = share / (classes - 1);
  const least = Math.max(floor / FLOOR_PART, LEAST);
  return source.map((p) => Math.log(Math.max(p - floor, least)));
}

/** Scores Σ_s a_s log p_s of one row into `scores`, then their softmax. */
function classProbabilities(
  scores: Float64Array,
  parameters: Float64Array,
  evidence: readonly Float64Array[],
  row: number,
  classes: number,
): void {
  let highest = -Infinity;
  for (let k = 0; k < classes; k++) {
    let score = 0;
    for (let s = 0; s < evidence.length; s++) score += parameters[s]! * evidence[s]![row * classes + k]!;
    scores[k] = score;
    if (score > highest) highest = score;
  }
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += scores[k] = Math.exp(scores[k]! - highest);
  for (let k = 0; k < classes; k++) scores[k]! /= sum;
}

/** −log likelihood of the labels, and of the parameters before any label is seen, with its gradient. */
function lossAt(
  parameters: Float64Array,
  evidence: readonly Float64Array[],
  labels: Int32Array,
  classes: number,
  share: number,
): { value: number; gradient: Float64Array } {
  const gradient = new Float64Array(parameters.length);
  let value = 0;
  parameters.forEach((parameter, k) => {
    const deviation = parameter - 1 / evidence.length;
    value += deviation ** 2 / (2 * WEIGHT_VARIANCE);
    gradient[k] = deviation / WEIGHT_VARIANCE;
  });
  const likely = new Float64Array(classes);
  const slope = 1 - share - share / (classes - 1);
  for (let i = 0; i < labels.length; i++) {
    classProbabilities(likely, parameters, evidence, i, classes);
    const label = labels[i]!;
    const p = Math.max(slope * likely[label]! + share / (classes - 1), Number.MIN_VALUE);
    value -= Math.log(p);
    const factor = (slope * likely[label]!) / p;
    for (let k = 0; k < classes; k++) {
      const change = factor * (likely[k]! - (k === label ? 1 : 0));
      for (let s = 0; s < evidence.length; s++) gradient[s]! += change * evidence[s]![i * classes + k]!;
    }
  }
  return { value, gradient };
}

function modelOf(
  sources: readonly Says[],
  labels: Int32Array,
  classes: number,
  share: number,
  parameters: Float64Array,
): LabelModel {
  const evidence = sources.map((source) => aboveFloor(source, share, classes));
  const likely = new Float64Array(labels.length * classes);
  const posterior = new Float64Array(labels.length * classes);
  labels.forEach((label, i) => {
    const row = likely.subarray(i * classes, (i + 1) * classes);
    classProbabilities(row, parameters, evidence, i, classes);
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      sum += posterior[i * classes + k] = row[k]! * (k === label ? 1 - share : share / (classes - 1));
    }
    // A label that was impossible is not explained by anything; it stays.
    for (let k = 0; k < classes; k++) {
      const at = i * classes + k;
      posterior[at] = sum > 0 ? posterior[at]! / sum : Number(k === label);
    }
  });
  return { share, likely, posterior };
}

/** Shares that are tried before the best of them is refined: in even steps of their root, which tells small ones apart. */
const TRIED = 10;

/** Where a function of a share is smallest: around the best of some by golden sections; 0 where that is no worse. */
async function lowest(loss: (share: number) => Promise<number>): Promise<number> {
  const step = Math.sqrt(LARGEST_SHARE) / TRIED;
  let best = 0;
  for (let k = 1; k <= TRIED; k++) {
    if ((await loss((k * step) ** 2)) < (await loss((best * step) ** 2))) best = k;
  }
  const golden = (Math.sqrt(5) - 1) / 2;
  let [left, right] = [Math.max(0, best - 1) * step, Math.min(TRIED, best + 1) * step];
  let [a, b] = [right - golden * (right - left), left + golden * (right - left)];
  while (right - left > 2e-3) {
    if ((await loss(a * a)) <= (await loss(b * b))) [right, b, a] = [b, a, b - golden * (b - left)];
    else [left, a, b] = [a, b, a + golden * (right - a)];
  }
  const found = ((left + right) / 2) ** 2;
  return (await loss(0)) <= (await loss(found)) ? 0 : found;
}

/** Where a function of a share crosses a limit between one that is below it and one that is not. */
async function crossing(
  loss: (share: number) => Promise<number>,
  limit: number,
  inside: number,
  outside: number,
): Promise<number> {
  let [below, above] = [inside, outside];
  while (Math.abs(above - below) > PRECISION) {
    const middle = (below + above) / 2;
    if ((await loss(middle)) < limit) below = middle;
    else above = middle;
  }
  return (below + above) / 2;
}

function selected(source: Says, rows: Int32Array, classes: number): Says {
  const result = new Float64Array(rows.length * classes);
  rows.forEach((row, k) => result.set(source.subarray(row * classes, (row + 1) * classes), k * classes));
  return result;
}
