/** What losses over training say of the fit. The rule stands in docs/trends.md, "The fit": mend both. */
import { countText } from '../../data/printable.js';
import { runningMean, runningMeanWindow } from '../../numeric/running-mean.js';
import { median } from '../../numeric/statistics.js';
import type { TrendsFit, TrendsPerformance } from '../../results/trends.js';
import type { Guessing } from '../../train/chance.js';
import { percent, said } from './words.js';

/** What a fit is judged by: lists as long as `steps`. */
export interface FitEvidence {
  /** Measured steps, ascending; at least one. */
  readonly steps: readonly number[];
  readonly train: Pick<TrendsPerformance, 'loss'>;
  readonly test: Pick<TrendsPerformance, 'loss' | 'accuracy'>;
  /** What a network reaches that says the same for every input; without a loss, the first one stands for it. */
  readonly guess: Guessing;
}

/** A loss is below that of guessing from this share of it on: test splits are never divided quite as training is. */
const BELOW_GUESSING = 0.05;

/** A rise counts from this share of the least loss on: by less than that, the weights of the end are as good as the best. */
const OVERFIT = 0.1;

/** … and from here on it is strong: half of the least loss on top. */
const STRONG = 0.5;

/** Of a least loss near 0 every share is soon reached: a rise must also undo so much of what was learnt … */
const UNDONE = 0.01;

/** … and so much to be strong. */
const MUCH_UNDONE = 0.1;

/** A fall over the last tenth of the steps means that there is more to come from this share of all that was learnt on. */
const STILL_FALLING = 0.01;

/** The share of the steps whose fall is looked at. */
const LAST = 0.1;

/** So much of a rise may be left, of what was undone, when the second descent is over. */
const LEFT = 0.25;

/** So much of a rise must be the test loss's alone: the training loss leaps with it where a step was too long. */
const ALONE = 0.5;

/** The most and the least of some twenty running means that are disjoint differ by less, in standard errors, by chance. */
const NOISE = 6;

/** So do two given ones. */
const NOISE_OF_TWO = 4;

/**
 * Names the fit from the test loss over the measured steps, smoothed by the running mean (of whole windows only), from the
 * training loss beside it, and from what guessing reaches.
 *
 * - `not learned`: test accuracy is that of guessing throughout, and the test loss never below 95 % of it; or so it is again
 *   at the end, after the training loss rose, too.
 * - `double descent`: the test loss rises from a first minimum by as much as overfitting asks for, and falls again to its end,
 *   with a quarter of the rise left at most.
 * - `overfit`: it ends above its least value by over 10 % of that, and by over 1 % of what was learnt (guessing less the least
 *   loss); `strong overfit` from 50 % and 10 % on. What the training loss rose by meanwhile is taken off, and must be less than
 *   half of it.
 * - `still learning`: it falls by over 1 % of what was learnt over the last tenth of the steps; or it rose, but the training
 *   loss rose with it: nothing has settled.
 * - `good fit`: none of these.
 *
 * Every rise must also exceed six standard errors of a running mean, and the fall over the last tenth four.
 */
export function judgeFit({ steps, train, test, guess }: FitEvidence): TrendsFit {
  const curve = smoothed(steps, test.loss, train.loss);
  const { loss, at, end, error } = curve;
  const guessLoss = guess.loss ?? test.loss[0]!;
  const least = lowest(loss, 0, end);
  const learnt = Math.max(guessLoss - loss[least]!, BELOW_GUESSING * guessLoss);
  const few = steps.length < 10 ? ` Only ${steps.length} steps were measured.` : '';
  const fit = (label: TrendsFit['label'], because: string): TrendsFit => ({ label, because: because + few });

  const accuracy = wholeWindows(test.accuracy);
  const best = accuracy.reduce((most, value) => Math.max(most, value), 0);
  const guesses = (found: number) => guess.accuracy !== undefined && found <= guess.accuracy;
  const asGuessing = (value: number) => guess.loss === undefined || value >= (1 - BELOW_GUESSING) * guess.loss;
  if (guesses(best) && asGuessing(loss[least]!))
    return fit(
      'not learned',
      `Smoothed test accuracy was ${percent(best)} at best and test loss ${said(loss[least]!)} at least: guessing reaches ` +
        `${guess.loss === undefined ? percent(guess.accuracy!) : `${percent(guess.accuracy!)} and ${said(guess.loss)}`}.`,
    );

  const enough = (from: number, rise: number) => rise > Math.max(OVERFIT * loss[from]!, UNDONE * learnt, NOISE * error);
  const descent = secondDescent(curve, (from, rise) => enough(from, rise) && !asGuessing(loss[from]!));
  if (descent) {
    const { first, peak } = descent;
    return fit(
      'double descent',
      `Smoothed test loss fell to ${said(loss[first]!)} by step ${countText(at[first]!)}, rose to ${said(loss[peak]!)} by step ${countText(at[peak]!)}, ` +
        `and fell again to ${said(loss[end]!)} by the end.`,
    );
  }

  const rise = loss[end]! - loss[least]!;
  const alone = curve.riseAlone(least, end);
  const story =
    `Smoothed test loss was least, ${said(loss[least]!)}, at step ${countText(at[least]!)}, and rose by ${said(rise)} ` +
    `(${percent(rise / Math.max(loss[least]!, Number.MIN_VALUE))}) by the end`;
  const beside = `training loss went from ${said(curve.train[least]!)} to ${said(curve.train[end]!)}`;
  if (enough(least, alone)) {
    const strong = alone > STRONG * loss[least]! && alone > MUCH_UNDONE * learnt;
    return fit(strong ? 'strong overfit' : 'overfit', `${story}, while ${beside}.`);
  }
  if (enough(least, rise)) {
    const lost = guesses(accuracy.at(-1)!) && asGuessing(loss[end]!);
    return fit(lost ? 'not learned' : 'still learning', `${story}, but ${beside}: that is no overfitting.`);
  }
  const before = lastBefore(at, at[end]! - LAST * (steps.at(-1)! - steps[0]!));
  const fall = loss[before]! - loss[end]!;
  const lately = `from ${said(loss[before]!)} at step ${countText(at[before]!)} to ${said(loss[end]!)} at the end`;
  if (fall > Math.max(STILL_FALLING * learnt, NOISE_OF_TWO * error))
    return fit(
      'still learning',
      `Smoothed test loss still falls: ${lately}, ${percent(fall / learnt)} of what was learnt.`,
    );
  return fit('good fit', `Smoothed test loss fell to ${said(loss[least]!)} and has settled: ${lately}.`);
}

/** Smoothed losses: as many places as whole windows fit among the steps. */
interface Curve {
  readonly loss: readonly number[];
  readonly train: readonly number[];
  /** The step in the middle of each window. */
  readonly at: readonly number[];
  /** The last place. */
  readonly end: number;
  /** The standard error of a smoothed test loss. */
  readonly error: number;
  /** How far the test loss rose between two places, less what the training loss did; 0 where it is not its own rise. */
  readonly riseAlone: (from: number, to: number) => number;
}

function smoothed(steps: readonly number[], test: readonly number[], train: readonly number[]): Curve {
  const [loss, trainLoss] = [wholeWindows(test), wholeWindows(train)];
  const half = (test.length - loss.length) / 2;
  // The middle one of the differences: the steep fall at the start is no noise.
  const scatter = median(loss.map((value, i) => Math.abs(test[i + half]! - value))) / MEDIAN_OF_NORMAL;
  return {
    loss,
    train: trainLoss,
    at: steps.slice(half, steps.length - half),
    end: loss.length - 1,
    error: scatter / Math.sqrt(2 * half + 1),
    riseAlone: (from, to) => {
      const rise = loss[to]! - loss[from]!;
      const alone = rise - Math.max(0, trainLoss[to]! - trainLoss[from]!);
      return alone > ALONE * rise ? alone : 0;
    },
  };
}

/** Half of all normal values are smaller in size, in standard deviations. */
const MEDIAN_OF_NORMAL = 0.6745;

/** Running means of whole windows; of fewer values than a window has, the values themselves. */
function wholeWindows(values: readonly number[]): number[] {
  const window = runningMeanWindow(values.length);
  if (values.length < window) return [...values];
  const half = (window - 1) / 2;
  return runningMean(values, window)
    .slice(half, values.length - half)
    .map((value) => value!);
}

/** Place of the lowest value from one place to another, both included; the first of equal ones. */
function lowest(values: readonly number[], from: number, to: number): number {
  let least = from;
  for (let i = from; i <= to; i++) if (values[i]! < values[least]!) least = i;
  return least;
}

/** The largest rise of the test loss alone to a peak that nothing after it reaches, if the end has undone it. */
function secondDescent(
  { loss, end, riseAlone }: Curve,
  enough: (from: number, rise: number) => boolean,
): { first: number; peak: number } | undefined {
  let found: { first: number; peak: number; rise: number } | undefined;
  for (const { first, peak } of peaksOf(loss)) {
    const rise = riseAlone(first, peak);
    if (rise > (found?.rise ?? 0) && enough(first, rise)) found = { first, peak, rise };
  }
  if (!found) return undefined;
  const [height, last] = [loss[found.peak]!, loss[end]!];
  const valley = loss[lowest(loss, found.peak, end)]!;
  const undone = last <= loss[found.first]! + LEFT * (height - loss[found.first]!);
  const stays = last <= valley + LEFT * (height - valley);
  return undone && stays ? found : undefined;
}

/**
 * Places with nothing as high behind them, nor between them and the lowest place before, which is `first`. The flanks of a leap
 * of both losses are none: there the losses differ by noise.
 */
function peaksOf(loss: readonly number[]): { first: number; peak: number }[] {
  const after = loss.map(() => -Infinity);
  for (let place = loss.length - 2; place >= 0; place--) after[place] = Math.max(after[place + 1]!, loss[place + 1]!);
  const peaks: { first: number; peak: number }[] = [];
  let [first, highest] = [0, -Infinity];
  loss.forEach((value, peak) => {
    if (value < loss[first]!) [first, highest] = [peak, -Infinity];
    if (value > highest && value > after[peak]!) peaks.push({ first, peak });
    highest = Math.max(highest, value);
  });
  return peaks;
}

/** The last place whose step is not after a given one; the first place if there is none. */
function lastBefore(at: readonly number[], step: number): number {
  let place = 0;
  while (place + 1 < at.length && at[place + 1]! <= step) place++;
  return place;
}
