/** What the units of each layer have seen, and how far the layers agree. */
import { indexOfMax } from '../../../numeric/vectors.js';
import { meanPairwiseCosine } from './agreement.js';
import type { Point } from './compare.js';
import type { InfluenceSum } from './influence.js';
import type { LayeredExample, LayeredLayer, LayeredRequest } from './layered-explanation.js';
import type { UnitLayer } from './layers.js';
import { openReconstruction } from './reconstruction.js';
import { only, topUnits } from './top-units.js';

/** Brings the largest and the most influential units of each layer back to the input, for each example. */
export async function reconstructInputs(
  { runtime, explained, settings, examples, onProgress }: LayeredRequest,
  pictured: readonly UnitLayer[],
  layers: readonly UnitLayer[],
  points: readonly Point[],
  sums: readonly (readonly InfluenceSum[])[],
): Promise<LayeredExample[]> {
  const found = examples.map(() => [] as LayeredLayer[]);
  for (const [done, layer] of pictured.entries()) {
    const l = layers.indexOf(layer);
    const reconstruction = openReconstruction(runtime, explained, layer);
    try {
      for (const [q, { x }] of examples.entries()) {
        const activations = points[q]!.activations[l]!;
        const { phi } = sums[q]![l]!;
        const selections = settings.shares.map((share) => topUnits(phi, share));
        const signals = [
          only(activations, [indexOfMax(activations)]),
          ...selections.flatMap((units) => [
            only(activations, units),
            only(
              activations,
              units.filter((unit) => phi[unit]! > 0),
            ),
            only(
              activations,
              units.filter((unit) => phi[unit]! < 0),
            ),
          ]),
        ];
        const [max, ...pictures] = await reconstruction.of(x, signals);
        const shares = settings.shares.map((share, s) => {
          const [all, positive, negative] = pictures.slice(3 * s, 3 * s + 3) as [
            Float32Array,
            Float32Array,
            Float32Array,
          ];
          return { share, units: selections[s]!.length, all, positive, negative };
        });
        found[q]!.push({ layer, phi, activations, max: max!, shares });
      }
    } finally {
      await reconstruction.release();
    }
    onProgress?.('reconstructing', done + 1, pictured.length);
  }
  return found.map((ofLayers, q) => ({
    output: points[q]!.output,
    layers: ofLayers,
    agreement: {
      max: meanPairwiseCosine(ofLayers.map(({ max }) => max)),
      shares: settings.shares.map((_, s) => meanPairwiseCosine(ofLayers.map(({ shares }) => shares[s]!.all))),
    },
  }));
}
