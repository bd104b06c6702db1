/** Layered explanations (Ho): influential layers, their influential units, and what these have seen. */
import { gini } from '../../../numeric/statistics.js';
import { InputError } from '../../../errors.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { Classifier } from '../../../classifier/classifier.js';
import type { Example } from '../method.js';
import { compareWithData, pointsOf, type ProbeData } from './compare.js';
import { openLayerActivations, type ExampleSource } from './layer-activations.js';
import { unitLayers, unitLayersNamed, type UnitLayer } from './layers.js';
import { reconstruct } from './pictures.js';
import { probeFidelity } from './probe.js';
import { rankLayers, type LayerRanking } from './ranking.js';
import { emitReconstruction } from './reconstruction.js';
import type { LayeredSettings } from './settings.js';

/** Everything that a layered explanation is made from. */
export interface LayeredRequest {
  readonly runtime: Runtime;
  readonly explained: Classifier;
  /** The data whose activations and predicted labels the measure compares with. */
  readonly data: ExampleSource;
  readonly settings: LayeredSettings;
  readonly examples: readonly Example[];
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
}

/** Pictures of one share of a layer's units. */
export interface SharePictures {
  readonly share: number;
  /** How many units that is. */
  readonly units: number;
  /** All of them, and those with positive and negative influence apart. */
  readonly all: Float32Array;
  readonly positive: Float32Array;
  readonly negative: Float32Array;
}

/** One layer of one explained input. */
export interface LayeredLayer {
  readonly layer: UnitLayer;
  /** Influence of each unit; positive supports the target. */
  readonly phi: Float64Array;
  readonly activations: Float32Array;
  /** The single unit with the largest activation, brought back: the baseline. */
  readonly max: Float32Array;
  readonly shares: readonly SharePictures[];
}

/** One explained input. */
export interface LayeredExample {
  /** Score of the target. */
  readonly output: number;
  readonly layers: readonly LayeredLayer[];
  /** Mean pairwise cosine of the layers' pictures: of the baseline, and of each share. */
  readonly agreement: { readonly max: number; readonly shares: readonly number[] };
}

/** Layered explanations of several inputs. */
export interface LayeredExplanation {
  readonly ranking: LayerRanking;
  readonly examples: readonly LayeredExample[];
  /** Examples of the data set that were compared with. */
  readonly compared: number;
}

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
    const { sums, probe } = await compareWithData(activations, layers, points, request);
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
    const examples = await reconstruct(request, pictured, layers, points, sums);
    return { ranking, examples, compared: request.data.count };
  } finally {
    await activations.release();
  }
}

/**
 * The layers to explain: those named, or all.
 * @throws InputError for one that does not exist, and listing the operators on the way to the input that have no gradient
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
