/** Baselines that look at training examples alone: the same values for every query. */
import { noEffects, type EffectMatrix } from '../../explain/influence/subject.js';
import { dot } from '../../numeric/vectors.js';
import { residuals, type LastLayer } from './last-layer.js';
import type { EvaluatedMethod, MethodSubject } from './method.js';

/** The loss of the example under the trained network. */
export const loss: EvaluatedMethod = {
  name: 'loss',
  says: 'the example’s own loss after training',
  labelsOnly: true,
  ofLastLayer: true,
  cost: () => COST,
  effects: (subject) =>
    forAll(subject, ({ layer: { outputs }, train }, gaps) =>
      Float64Array.from(train.labels, (label, i) => {
        // What is missing to 1 at the label is |p − y| there.
        const missing = Math.abs(gaps[i * outputs + (outputs > 1 ? label : 0)]!);
        return -Math.log1p(-Math.min(1 - 1e-15, missing));
      }),
    ),
};

/** ‖∂ℓ_i/∂(W, b)‖ of the last layer: ‖p − y‖ √(‖f‖² + 1). */
export const gradientNorm: EvaluatedMethod = {
  name: 'gradient-norm',
  says: 'the size of the example’s gradient at the last layer after training',
  ofLastLayer: true,
  cost: () => COST,
  effects: (subject) =>
    forAll(subject, ({ layer: { outputs, columns }, train: { features } }, gaps) =>
      Float64Array.from({ length: features.rows }, (_, i) => {
        const gap = gaps.subarray(i * outputs, (i + 1) * outputs);
        const f = features.data.subarray(i * columns, (i + 1) * columns);
        return Math.sqrt(dot(gap, gap) * (1 + dot(f, f)));
      }),
    ),
};

/** In trainings that take as long, at most: the features are computed once. */
const COST = 0.5;

async function forAll(
  subject: MethodSubject,
  valuesOf: (last: LastLayer, gaps: Float64Array) => Float64Array,
): Promise<EffectMatrix> {
  const { queries, replay, onWork } = subject;
  const last = await subject.lastLayer();
  const values = valuesOf(last, residuals(last, replay.setup.graphOptions.loss));
  const effects = noEffects(queries.length, values.length);
  queries.forEach((_, q) => effects.values.set(values, q * values.length));
  onWork?.(COST * replay.steps);
  return effects;
}
