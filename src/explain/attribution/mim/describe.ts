/** A layered explanation as a result says it, and the arrays that lie beside the result. */
import type { FloatArray } from '../../../tensor.js';
import { folderNames } from '../../../folder-names.js';
import type { Classifier } from '../../../classifier/classifier.js';
import type { Attribution } from '../method.js';
import type { ExampleSource } from './examples.js';
import type { LayeredExplanation, LayeredLayer } from './layered-explanation.js';
import { topUnits } from './top-units.js';

/** Units listed of a layer. */
const LISTED_UNITS = 10;

/**
 * Describes the explanation of one input. Its map is of the layer that was taken: the units of the largest share, positive
 * ones minus negative ones.
 * @param index of the input among those of the explanation
 * @param data that it was compared with
 * @param folder of the layers' arrays
 */
export function describeLayered(
  { ranking, examples, mostActive, compared }: LayeredExplanation,
  index: number,
  { kernel, explained, data, folder }: { kernel: string; explained: Classifier; data: ExampleSource; folder: string },
): Attribution {
  const { layers, agreement, output } = examples[index]!;
  const arrays = new Map<string, FloatArray>();
  const names = folderNames(layers.map(({ layer }) => layer.name));
  const { dims } = explained.input;
  const described = layers.map((each, l) => {
    const [file, influence] = [`${folder}/${names[l]!}.npy`, `${folder}/${names[l]!}.influence.npy`];
    arrays.set(file, picturesOf(each, dims));
    const shape = explained.values.of(each.layer.value).dims.slice(1) as number[];
    arrays.set(influence, { shape, data: each.phi });
    const activating = mostActive.get(each.layer)!;
    const strongest = topUnits(each.phi, 1).subarray(0, LISTED_UNITS);
    return {
      layer: each.layer.name,
      file,
      influence,
      units: each.shares.map(({ units }) => units),
      strongest: Array.from(strongest, (unit) => ({
        unit,
        phi: each.phi[unit]!,
        activation: each.activations[unit]!,
        // Behind a ReLU an activation of 0 is none.
        examples: activating
          .of(unit)
          .filter(({ activation }) => activation !== 0)
          .map(({ position, activation }) => ({ ...data.example(position), activation })),
      })),
    };
  });
  const best = layers.find(({ layer }) => layer === ranking.best.layer) ?? layers.at(-1)!;
  const { positive, negative } = best.shares.at(-1)!;
  return {
    map: positive.map((value, i) => value - negative[i]!),
    shape: dims,
    output,
    layer: best.layer.name,
    layered: {
      arrays,
      description: {
        kernel,
        compared,
        split: data.split,
        layer: best.layer.name,
        reason: ranking.reason,
        ranking: ranking.layers.map(({ layer, depth, fidelity, spread, fidelityRank, spreadRank }) => ({
          layer: layer.name,
          op: layer.op,
          units: layer.units,
          depth,
          fidelity,
          spread,
          fidelityRank,
          spreadRank,
        })),
        shares: best.shares.map(({ share }) => share),
        agreement: { max: agreement.max, shares: [...agreement.shares] },
        layers: described,
      },
    },
  };
}

/** [1 + 3 · shares, …input]. */
function picturesOf({ max, shares }: LayeredLayer, dims: readonly number[]): FloatArray {
  const pictures = [max, ...shares.flatMap(({ all, positive, negative }) => [all, positive, negative])];
  const data = new Float32Array(pictures.length * max.length);
  pictures.forEach((picture, i) => data.set(picture, i * max.length));
  return { shape: [pictures.length, ...dims], data };
}
