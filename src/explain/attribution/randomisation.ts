/**
 * The model-randomisation check ([Adebayo et al. 2018]): a map that explains what a network
 * has learned must change when the network forgets it. Layers are re-initialised from the scores down, one after the
 * other, and each method's maps are compared with those of the trained network.
 */
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, type Model } from '../../onnx/model.js';
import { decodeTensor, encodeTensor } from '../../onnx/tensor-proto.js';
import { seededRandom } from '../../numeric/random.js';
import type { Runtime } from '../../runtime/runtime.js';
import { InputError } from '../../errors.js';
import { traceableLayers } from '../../graph/layers.js';
import type { Classifier } from '../../classifier/classifier.js';
import { openClassifier } from '../../classifier/open.js';
import { spearman } from '../../numeric/statistics.js';
import type { Comparison, Example, Method } from './method.js';
import type { AttributionSettings } from './settings.js';

/** Methods, and the examples on which their maps should change when the weights are replaced by random ones. */
export interface RandomisationRequest {
  readonly runtime: Runtime;
  readonly model: Model;
  /** Dimensions of one example, for where the model leaves them open. */
  readonly exampleDims: readonly number[];
  /** Their targets stay: the class that the trained network was asked about. */
  readonly examples: readonly Example[];
  readonly methods: readonly Method[];
  readonly settings: AttributionSettings;
  /** For methods that compare the input with a data set. */
  readonly comparison?: Comparison | undefined;
}

/** Spearman's correlation with the maps of the trained network, the mean over the examples. */
export interface RandomisationSeries {
  readonly method: string;
  /** One entry for each number of re-initialised layers, from 0 to all of them. */
  readonly signed: readonly number[];
  /** The same of the magnitudes: what looks alike to the eye. */
  readonly magnitudes: readonly number[];
}

type Maps = readonly (Float32Array | undefined)[];

/** The check's outcome. */
export interface RandomisationCheck {
  /** The layers in the order in which they were re-initialised. */
  readonly layers: readonly string[];
  readonly series: readonly RandomisationSeries[];
}

/** Re-initialises layer after layer from the scores down, and compares the maps of each method. */
export async function randomisationCheck(request: RandomisationRequest): Promise<RandomisationCheck> {
  const { runtime, model, exampleDims, methods, settings } = request;
  const explained = await openClassifier(model, { runtime, form: { shape: exampleDims } });
  const weights = traceableLayers(graphOf(explained.model)).map(({ weight }) => weight);
  const layers = [...new Set(weights.reverse())];
  const trained: Maps[] = [];
  const series = methods.map(({ name }) => ({ method: name, signed: [] as number[], magnitudes: [] as number[] }));
  for (let count = 0; count <= layers.length; count++) {
    const changed = { ...explained, model: reinitialised(explained.model, layers.slice(0, count), settings.seed) };
    for (const [m, method] of methods.entries()) {
      const maps = await mapsOf(method, changed, request);
      if (count === 0) trained.push(maps);
      const sizes = (map: Float32Array | undefined) => map?.map(Math.abs);
      series[m]!.signed.push(agreement(maps, trained[m]!));
      series[m]!.magnitudes.push(agreement(maps.map(sizes), trained[m]!.map(sizes)));
    }
  }
  return { layers, series };
}

/**
 * The model with some weights drawn anew, N(0, 2 / columns) as [He et al. 2015] have it, and their biases zero.
 * @param names of the weights
 */
export function reinitialised(model: Model, names: readonly string[], seed: number): Model {
  const changed = cloneModel(model);
  const graph = graphOf(changed);
  const layers = traceableLayers(graph);
  graph.initializer = graph.initializer.map((stored) => {
    const layer = layers.find(
      ({ weight, bias }) => names.includes(weight) && [weight, bias].includes(stored.name ?? ''),
    );
    if (!layer) return stored;
    const { dims, data } = decodeTensor(stored);
    const random = seededRandom(seed, layer.index);
    const deviation = stored.name === layer.weight ? Math.sqrt(2 / layer.columns) : 0;
    const fresh = Float32Array.from(data as Float32Array, () => deviation * random.normal());
    return encodeTensor(stored.name, { type: 'float32', dims, data: fresh });
  });
  return changed;
}

/** One map for each example; undefined where the method has none, as MIM for a class that is never predicted. */
async function mapsOf(
  method: Method,
  explained: Classifier,
  { runtime, examples, settings, comparison }: RandomisationRequest,
): Promise<Maps> {
  const open = await method.open({ runtime, explained, settings, comparison });
  const mapsFor = async (some: readonly Example[]) => (await open.attribute(some)).map(({ map }) => map);
  try {
    return await mapsFor(examples);
  } catch (error) {
    if (!(error instanceof InputError) || !comparison) throw error;
    const maps: (Float32Array | undefined)[] = [];
    for (const example of examples) maps.push((await mapsFor([example]).catch(() => [undefined]))[0]);
    return maps;
  } finally {
    await open.release();
  }
}

/** Mean correlation of maps, pair by pair; a map that is missing, or without any variation, agrees with nothing. */
function agreement(a: Maps, b: Maps): number {
  const found = a.map((map, i) => (map && b[i] ? spearman(Float64Array.from(map), Float64Array.from(b[i])) : 0));
  return found.reduce((sum, value) => sum + (Number.isFinite(value) ? value : 0), 0) / found.length;
}
