/** How long work will still take, from the pace of the last minute. */

/** How far back the pace is measured, in milliseconds. */
const WINDOW_MS = 60_000;

/** States are remembered at most this often. */
const SAMPLE_MS = 1000;

/** How far work was, and when. */
interface Sample {
  readonly at: number;
  readonly done: number;
}

/**
 * Estimates what is left of a work, in seconds. Whatever came before the last minute (loading, a slower part, the steps of a
 * run that is resumed) tells nothing about the pace, and another total means another part.
 * @param clock milliseconds
 * @returns takes how far the work is; undefined where nobody can tell what is left
 */
export function pace(clock: () => number = Date.now): (done: number, total: number) => number | undefined {
  let samples: Sample[] = [];
  let part: number | undefined;
  return (done, total) => {
    const at = clock();
    if (part !== total || done < samples.at(-1)!.done) samples = [];
    part = total;
    const last = samples.at(-1);
    if (!last || at - last.at >= SAMPLE_MS) samples.push({ at, done });
    // The newest state that is a minute old is where the last minute began.
    const begin = samples.findLastIndex((sample) => at - sample.at >= WINDOW_MS);
    samples = samples.slice(Math.max(0, begin));
    const first = samples[0]!;
    if (done <= first.done || at <= first.at || total === Infinity) return undefined;
    return (((at - first.at) / (done - first.done)) * (total - done)) / 1000;
  };
}

/** Seconds as people say them, for what is left; nothing for undefined. */
export function leftText(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min left`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s left` : `${whole} s left`;
}
