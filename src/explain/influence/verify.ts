/** Training again without the strongest supporters of each query: what was predicted beside what happens. */
import { InputError } from '../../errors.js';
import type { Notice, Reporting } from '../../progress.js';
import type { InfluenceVerification } from '../../results/influence.js';
import { effectsOn, strongestSupporters } from './describe-effects.js';
import { measureAt, type EffectMatrix, type RunSubject } from './subject.js';

/** What is compared with training again. */
export interface Claimed {
  readonly effects: EffectMatrix;
  /** The measure of each query as the run has it. */
  readonly values: readonly number[];
  /** Whether effects predict the measure, so that their sum does; values that only rank predict nothing. */
  readonly predicts: boolean;
}

/**
 * Trains once for each query, with the same seed and batches, its `count` strongest supporters weighing 0.
 * @returns nothing for a query that no example supports: see `noticeUnsupported`
 */
export async function verify(
  { replay, outcome, queries }: Pick<RunSubject, 'replay' | 'outcome' | 'queries'>,
  claimed: Claimed,
  count: number,
  { onProgress }: Reporting = {},
): Promise<(InfluenceVerification | undefined)[]> {
  const { sampleWeights } = replay.setup.pool;
  const supporters = queries.map((_, q) => strongestSupporters(effectsOn(claimed.effects, q), count));
  const verifications: (InfluenceVerification | undefined)[] = [];
  for (const [q, query] of queries.entries()) {
    const effects = effectsOn(claimed.effects, q);
    const left = supporters[q]!;
    if (left.length === 0) {
      verifications.push(undefined);
      continue;
    }
    const weights = sampleWeights.slice();
    for (const example of left) weights[example] = 0;
    const state = await replay.retrain(weights, (step) =>
      onProgress?.('training without them', q * replay.steps + step, queries.length * replay.steps),
    );
    const after = (await measureAt(outcome, state, query)).value;
    const before = claimed.values[q]!;
    verifications.push({
      examples: left.length,
      before,
      after,
      predicted: claimed.predicts ? left.reduce((sum, example) => sum + effects[example]!, 0) : undefined,
      actual: before - after,
    });
  }
  return verifications;
}

/**
 * Says that some queries have no supporter.
 * @throws InputError where none has
 */
export function noticeUnsupported(
  verifications: readonly (InfluenceVerification | undefined)[],
  onNotice: Notice | undefined,
): void {
  const without = verifications.filter((each) => each === undefined).length;
  if (without === verifications.length) {
    throw new InputError('`verify`: no effect is above 0, so there is no example to leave out; leave out `verify`');
  }
  if (without > 0) {
    onNotice?.(`${without} of ${verifications.length} inputs have no effect above 0, so nothing was left out for them`);
  }
}
