/** The running mean: what a noisy series does, without its noise. */

/** Share of the steps that a window takes, and the fewest values that it holds. */
const SHARE = 0.05;
const FEWEST = 3;

/** The window of a series: 5 % of its length and at least 3, odd, so that it has a middle. */
export function runningMeanWindow(length: number): number {
  const half = Math.round((SHARE * length - 1) / 2);
  return Math.max(FEWEST, 2 * half + 1);
}

/**
 * The mean of the values around each, over a centred window. Towards the ends the window shrinks on both sides alike, down
 * to the value itself: a window cut on one side only would lag behind a trend. So the ends are as noisy as the series is.
 * Nulls are left out of the mean; null where a window holds nothing else.
 *
 * @param window how many values, odd; of an even number one more is taken
 */
export function runningMean(values: readonly (number | null)[], window: number): (number | null)[] {
  const widest = Math.max(0, Math.floor(window / 2));
  return values.map((_, at) => {
    const half = Math.min(widest, at, values.length - 1 - at);
    let [sum, count] = [0, 0];
    for (let i = at - half; i <= at + half; i++) {
      const value = values[i];
      if (value === null || value === undefined) continue;
      sum += value;
      count++;
    }
    return count === 0 ? null : sum / count;
  });
}
