/** Layered explanations ([Ho n.d.]): influential layers, their influential units, and what these have seen. */
import type { LayeredExplanation, LayeredRequest } from './layered-explanation.js';
import { gini } from '../../../numeric/statistics.js';
import { InputError } from '../../../errors.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { Classifier } from '../../../classifier/classifier.js';
import { compareWithData, pointsOf, type ProbeData } from './compare.js';
import { openLayerActivations } from './layer-activations.js';
import { unitLayers, unitLayersNamed, type UnitLayer } from './layers.js';
import { reconstructInputs } from './pictures.js';
import { probeFidelity } from './probe.js';
import { rankLayers } from './ranking.js';
import { emitReconstruction } from './reconstruction.js';

/**
 * Explains inputs by the units of hidden layers.
 * @throws InputError when all of the data have one label, a chosen layer is constant or does not exist
 */
export async function layeredExplanation(request: LayeredRequest): Promise<LayeredExplanation> {
  const { runtime, explained, settings } = request;
  const layers = explainableLayers(explained, settings.layers);
  const activations = await openLayerActivations(runtime, explained, [
    ...layers.map(({ value }) => value),
    explained.scores,
  ]);
  try {
    const points = await pointsOf(activations, layers, request);
    const { sums, probe, active } = await compareWithData(activations, layers, points, request);
    const varying = layers.filter(({ name }, l) => {
      if (sums.some((ofQuery) => ofQuery[l]!.farthest > 0)) return true;
      if (settings.layers) throw new InputError(`layer "${name}" is constant over the data; choose another layer`);
      return false;
    });
    if (varying.length === 0) throw new InputError('every layer is constant over the data; give other `data`');
    const fidelities = await fidelitiesOf(runtime, probe);
    const ranking = rankLayers(
      varying.map((layer) => {
        const l = layers.indexOf(layer);
        const spreads = sums.map((ofQuery) => gini(ofQuery[l]!.phi));
        return { layer, fidelity: fidelities[l]!, spread: spreads.reduce((a, b) => a + b, 0) / spreads.length };
      }),
    );
    // The units of the scores are the classes themselves: they are ranked, and explain nothing.
    const pictured = varying.filter(({ value }) => value !== explained.scores || varying.length === 1);
    const examples = await reconstructInputs(request, pictured, layers, points, sums);
    const mostActive = new Map(layers.map((layer, l) => [layer, active[l]!]));
    return { ranking, examples, mostActive, compared: request.data.count };
  } finally {
    await activations.release();
  }
}

/**
 * The layers to explain: those named, or all.
 * @throws InputError for one that does not exist, and listing the operators on the way to the input that have no
 * gradient
 */
export function explainableLayers(explained: Classifier, names: readonly string[] | undefined): UnitLayer[] {
  const layers = names ? unitLayersNamed(explained, names) : unitLayers(explained);
  for (const layer of layers) if (layer.value !== explained.scores) emitReconstruction(explained, layer);
  return layers;
}

async function fidelitiesOf(runtime: Runtime, { rows, features, outputs }: ProbeData): Promise<number[]> {
  const fidelities: number[] = [];
  for (const ofLayer of features) fidelities.push(await probeFidelity(runtime, ofLayer, outputs, rows));
  return fidelities;
}
