/** A slider over training steps. */
import type { VNode } from 'preact';
import { usePage } from '../context.js';

/** The steps that can be chosen. */
export interface StepSliderProps {
  /** Ascending. */
  readonly steps: readonly number[];
  /** The chosen one. */
  readonly step: number;
  /** What is said beside the number of the step. */
  readonly says?: string | undefined;
}

/** Chooses a step of the page's state: by mouse, and by arrow keys. */
export function StepSlider({ steps, step, says }: StepSliderProps): VNode {
  const { go } = usePage();
  const at = Math.max(0, steps.indexOf(step));
  return (
    <label class="stepper">
      <span>step {step.toLocaleString('en')}</span>
      <input
        type="range"
        min={0}
        max={steps.length - 1}
        step={1}
        value={at}
        aria-label="training step"
        aria-valuetext={`step ${step}${says === undefined ? '' : `, ${says}`}`}
        onInput={({ currentTarget }) => go({ step: steps[Number(currentTarget.value)]! }, true)}
      />
      {says !== undefined && <span class="muted">{says}</span>}
    </label>
  );
}

/** The one of the steps that is nearest to the state's; the last where the state has none. */
export function useStep(steps: readonly number[]): number {
  const { state } = usePage();
  const last = steps.at(-1) ?? 0;
  if (state.step < 0) return last;
  return steps.reduce((best, step) => (Math.abs(step - state.step) < Math.abs(best - state.step) ? step : best), last);
}
