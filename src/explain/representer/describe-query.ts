/** What a result says of each explained input: classes, scores and outputs, the model's beside the reconstructed ones. */
import { withOrigins } from '../../data/example-origin.js';
import type { Input } from '../../data/input.js';
import type { RepresenterQuery } from '../../results/representer.js';
import type { Runtime } from '../../runtime/runtime.js';
import { describeInput, LISTED_CLASSES, originOf } from '../../classifier/describe.js';
import type { FeaturesAndScores } from './features/body.js';
import type { Fit } from './fit/fit.js';
import { rowOf } from './features/features.js';
import { activated, scoresAt } from './fit/objective.js';
import type { ScoreExplanation } from './explain-scores.js';
import type { LayerData } from './layer-data.js';

/**
 * Describes inputs, each with the explanation of one of its scores.
 * @param given scores of the model itself, [inputs, outputs]
 * @param targets class (or unit) that is explained, by input
 */
export async function describeQueries(
  { layer, classNames, examplesFrom }: LayerData,
  inputs: readonly Input[],
  { features }: FeaturesAndScores,
  given: Float64Array,
  fit: Fit,
  targets: readonly number[],
  explanations: readonly ScoreExplanation[],
  runtime: Runtime,
): Promise<Omit<RepresenterQuery, 'seconds'>[]> {
  const { outputs, activation, isLast } = layer;
  const fitted = await scoresAt(features, fit.weights, outputs, runtime);
  const givenOutputs = activated(given, outputs, activation);
  const fittedOutputs = activated(fitted, outputs, activation);
  const label = (index: number) => (isLast ? (classNames[index] ?? String(index)) : `unit ${index}`);
  return inputs.map((input, i) => {
    const target = targets[i]!;
    // A single score is that of class 1.
    const isOther = outputs === 1 && target === 0;
    const at = (values: Float64Array) => (outputs === 1 ? values[i]! : values[i * outputs + target]!);
    const scoreAt = (values: Float64Array) => (isOther ? -at(values) : at(values));
    const outputAt = (values: Float64Array) => (isOther ? 1 - at(values) : at(values));
    const unit = { class: target, label: label(target), probability: 0 };
    // The softmax of a layer that is fitted stands for the model's own.
    const ending = activation === 'sigmoid' ? 'sigmoid' : 'softmax';
    const facts = isLast
      ? describeInput(input, rowOf(given, outputs, i), { activation: ending }, classNames)
      : { input: input.name, ...originOf(input), predicted: unit, topClasses: [unit] };
    const { sum, positive, negative, byClass, excitatory, inhibitory } = explanations[i]!;
    return {
      ...facts,
      topClasses: facts.topClasses.slice(0, LISTED_CLASSES),
      target: { class: target, label: label(target) },
      logit: scoreAt(fitted),
      reconstructed: sum,
      modelLogit: scoreAt(given),
      output: outputAt(givenOutputs),
      reconstructedOutput: outputAt(fittedOutputs),
      positive,
      negative,
      classes: Array.from(byClass, (value, index) => ({ class: index, value })),
      excitatory: withOrigins(excitatory, examplesFrom),
      inhibitory: withOrigins(inhibitory, examplesFrom),
    };
  });
}
