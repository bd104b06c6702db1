/** Which score of an input is explained. */
import { knownLabel } from '../../classifier/describe.js';
import { probabilitiesOf } from '../../classifier/probabilities.js';
import { targetOf } from '../../classifier/targets.js';
import type { Input } from '../../data/input.js';
import { indexOfMax } from '../../numeric/vectors.js';
import type { LayerData } from './layer-data.js';

/**
 * The class whose score is explained, or the unit of a hidden layer.
 * @param scores what the model computes for the input
 * @param wanted `predicted`, `true`, or a class by name or number
 * @throws InputError for what is no class, and for a true class that is not known
 */
export function explainedScore(
  { layer, classNames }: Pick<LayerData, 'layer' | 'classNames'>,
  input: Pick<Input, 'name' | 'label' | 'classNames'>,
  scores: Float64Array,
  wanted: string,
): number {
  const { outputs, isLast, name } = layer;
  const question = { wanted, truth: knownLabel(input, classNames), input: input.name };
  if (!isLast)
    return targetOf({ ...question, predicted: indexOfMax(scores) }, { kind: 'unit', count: outputs, layer: name });
  const predicted = wanted === 'predicted' ? probabilitiesOf(scores)[0]!.class : 0;
  return targetOf({ ...question, predicted }, { kind: 'class', count: outputs === 1 ? 2 : outputs, names: classNames });
}
