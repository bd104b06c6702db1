/** What is remembered of steps besides their updates. */
import type { StepRecord } from '../log/format/records.js';
import type { PlannedStep } from './trainer.js';

/** Records of steps that were run. @param epoch from 0 @param losses of each step before its update */
export function recordsOf(steps: readonly PlannedStep[], epoch: number, losses: Float32Array): StepRecord[] {
  return steps.map(({ step, learningRate, examples, ghosts, label }, i) => ({
    step,
    epoch,
    learningRate,
    loss: losses[i]!,
    examples: [...examples],
    ghosts: [...ghosts],
    class: label < 0 ? undefined : label,
  }));
}
