/** How far what a lossy log leaves out blurs the measures. */
import { InputError } from '../../errors.js';
import { codecOf } from '../../log/codecs/registry.js';
import type { DeltaLog } from '../../log/read/reader.js';
import type { Weights, WeightsAt } from '../../replay/weights.js';
import { elementCount, float32 } from '../../tensor.js';
import type { Means } from './series.js';

/** A share of what a measure moves by over the training that a codec may blur it by: below it a plot looks the same. */
const MOST_BLUR = 0.1;

/** Checkpoints that are looked at, the last ones. */
export const CHECKED = 3;

/** Measures of all series under some weights. @param place of the weights, for messages */
export type MeasureMeans = (weights: Weights, place: string) => Promise<readonly Means[]>;

/** What is blurred most. */
export interface Blur {
  /** Largest difference of a measure's mean, as a share of what the mean moves by from the start over the checkpoints. */
  readonly share: number;
  readonly measure: string;
  readonly step: number;
  readonly difference: number;
  readonly range: number;
}

/**
 * Measures under the exact weights of the last checkpoints, and under what the log adds up to there: exact weights less what
 * the codecs owe.
 * @param initial the weights before training
 * @param exact weights of checkpoints; those where the log has a sealed segment's end are looked at
 * @returns undefined where every codec is lossless, or nothing can be compared
 */
export async function codecBlur(
  log: DeltaLog,
  initial: Weights,
  exact: readonly WeightsAt[],
  measure: MeasureMeans,
): Promise<Blur | undefined> {
  const lossy = log.layers.filter(({ codec, codecVersion }) => !codecOf(codec, codecVersion).lossless);
  const sealed = new Set(log.segments.map(({ lastStep }) => lastStep));
  const checked = exact.filter(({ step }) => sealed.has(step)).slice(-CHECKED);
  if (lossy.length === 0 || checked.length === 0) return undefined;
  const known = [await measure(initial, 'step 0')];
  const differences: { step: number; of: readonly Means[] }[] = [];
  for (const { step, weights } of checked) {
    const rebuilt = { ...weights };
    for (const { name, tensors } of lossy) {
      const residual = await log.residual(name, step);
      let at = 0;
      for (const tensor of tensors) {
        const { data, dims } = weights[tensor.name]!;
        const owed = residual.subarray(at, (at += elementCount(tensor.dims)));
        rebuilt[tensor.name] = float32(
          (data as Float32Array).map((value, i) => value - owed[i]!),
          dims,
        );
      }
    }
    const place = `step ${step}`;
    const [with_, without] = [await measure(weights, place), await measure(rebuilt, place)];
    known.push(with_);
    differences.push({ step, of: with_.map((means, s) => difference(means, without[s]!)) });
  }
  let worst: Blur | undefined;
  for (const { step, of } of differences) {
    for (const [s, means] of of.entries()) {
      for (const [name, value] of Object.entries(means)) {
        if (value === null) continue;
        const range = rangeOf(known.flatMap((at) => at[s]![name] ?? []));
        const share = value === 0 ? 0 : value / range;
        if (!worst || share > worst.share) worst = { share, measure: name, step, difference: value, range };
      }
    }
  }
  return worst;
}

/** @throws InputError where a measure is blurred too much to be told from the codec's error */
export function checkBlur(place: string, blur: Blur): void {
  if (blur.share <= MOST_BLUR) return;
  const { measure, step, difference, range, share } = blur;
  const percent = Number.isFinite(share) ? `${Math.round(100 * share)} %` : 'all';
  throw new InputError(
    `${place}: its log is too coarse for this: at step ${step} the codec's error changes ${measure} by ${difference.toPrecision(2)}, ` +
      `${percent} of the ${range.toPrecision(2)} that it moves by in training (at most ${100 * MOST_BLUR} %); train it again with \`codec\` float32`,
  );
}

function difference(a: Means, b: Means): Means {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => {
      const other = b[name] ?? null;
      return [name, value === null || other === null ? null : Math.abs(value - other)];
    }),
  );
}

function rangeOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
