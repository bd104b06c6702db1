/** Which batch each step of a run had: planned again from the run's options, as training planned it. */
import type { TrainOptions } from '../train/options.js';
import { planEpoch, type PlannedTask } from '../train/schedule.js';
import type { PlannedStep } from '../train/trainer.js';

/** The steps of a run. */
export interface RunPlan {
  /** Steps of an epoch; every epoch has as many. */
  readonly stepsPerEpoch: number;
  /** @param number from 1 */
  step(number: number): PlannedStep;
  /** Steps from `first` to `last`, both included. */
  steps(first: number, last: number): PlannedStep[];
}

/** Plans of this many epochs are kept: walking in either direction needs the epoch around it. */
const KEPT_EPOCHS = 3;

/** Plans a run again. */
export function planRun(options: TrainOptions, task: PlannedTask): RunPlan {
  const kept = new Map<number, readonly PlannedStep[]>();
  const stepsPerEpoch = planEpoch(options, task, 0, 1).length;
  const epochPlan = (epoch: number) => {
    const known = kept.get(epoch);
    if (known) return known;
    const planned = planEpoch(options, task, epoch, epoch * stepsPerEpoch + 1);
    if (kept.size === KEPT_EPOCHS) kept.delete(kept.keys().next().value!);
    kept.set(epoch, planned);
    return planned;
  };
  const step = (number: number) => {
    const epoch = Math.floor((number - 1) / stepsPerEpoch);
    return epochPlan(epoch)[number - 1 - epoch * stepsPerEpoch]!;
  };
  return {
    stepsPerEpoch,
    step,
    steps: (first, last) => Array.from({ length: last - first + 1 }, (_, i) => step(first + i)),
  };
}
