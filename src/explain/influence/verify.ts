/** Training again without the strongest supporters of each query: what was predicted beside what happens. */
import { InputError } from '../../errors.js';
import type { Progress } from '../../progress.js';
import type { InfluenceVerification } from '../../results/influence.js';
import { effectsOn, strongestSupporters } from './describe-effects.js';
import { measureAt, type EffectMatrix, type RunSubject } from './subject.js';

/**
 * Trains once for each query, with the same seed and batches, its `count` strongest supporters weighing 0.
 * @param values the measure of each query as the run has it
 */
export async function verify(
  { replay, outcome, queries }: Pick<RunSubject, 'replay' | 'outcome' | 'queries'>,
  matrix: EffectMatrix,
  values: readonly number[],
  count: number,
  onProgress?: Progress,
): Promise<InfluenceVerification[]> {
  const { sampleWeights } = replay.setup.pool;
  const verifications: InfluenceVerification[] = [];
  for (const [q, query] of queries.entries()) {
    const effects = effectsOn(matrix, q);
    const left = strongestSupporters(effects, count);
    if (left.length === 0)
      throw new InputError('`verify`: no training example supports the query, so none can be left out');
    const weights = sampleWeights.slice();
    for (const example of left) weights[example] = 0;
    const state = await replay.retrain(weights, (step) =>
      onProgress?.('training without them', q * replay.steps + step, queries.length * replay.steps),
    );
    const after = (await measureAt(outcome, state, query)).value;
    const before = values[q]!;
    verifications.push({
      examples: left.length,
      before,
      after,
      predicted: left.reduce((sum, example) => sum + effects[example]!, 0),
      actual: before - after,
    });
  }
  return verifications;
}
