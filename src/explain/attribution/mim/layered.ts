/** Layered explanations (Ho): influential layers, their influential units, and what these have seen. */
import { InputError } from '../../../errors.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { ExplainedModel } from '../explained-model.js';
import type { Example } from '../method.js';
import { meanPairwiseCosine } from './agreement.js';
import { distances, influenceSum, type InfluenceSum } from './influence.js';
import type { Kernel } from './kernels/kernel.js';
import { KERNELS } from './kernels/registry.js';
import {
  openLayerActivations,
  predictedClasses,
  type ExampleSource,
  type LayerActivations,
} from './layer-activations.js';
import { unitLayers, unitLayersNamed, type UnitLayer } from './layers.js';
import { probeFeatures, probeFidelity, sketchOf } from './probe.js';
import { rankLayers, type LayerRanking } from './ranking.js';
import { emitReconstruction, openReconstruction } from './reconstruction.js';
import type { LayeredSettings } from './settings.js';
import { spreadOf } from './spread.js';
import { largestUnit, only, topUnits } from './top-units.js';

/** Everything that a layered explanation is made from. */
export interface LayeredRequest {
  readonly runtime: Runtime;
  readonly explained: ExplainedModel;
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
    if (varying.length === 0) throw new InputError('every layer is constant over the data; give other --data');
    const fidelities = await fidelitiesOf(runtime, probe);
    const ranking = rankLayers(
      varying.map((layer) => {
        const l = layers.indexOf(layer);
        const spreads = sums.map((ofQuery) => spreadOf(ofQuery[l]!.phi));
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
export function explainableLayers(explained: ExplainedModel, names: readonly string[] | undefined): UnitLayer[] {
  const layers = names ? unitLayersNamed(explained, names) : unitLayers(explained);
  for (const layer of layers) if (layer.value !== explained.scores) emitReconstruction(explained, layer);
  return layers;
}

/** An explained input: its activations in each layer, and its label. */
interface Point {
  readonly activations: readonly Float32Array[];
  readonly target: number;
  /** Score of the target. */
  readonly output: number;
  /** 1 where the network predicts the target, −1 where it does not: φ is turned so that positive supports the target. */
  readonly side: 1 | -1;
}

async function pointsOf(
  activations: LayerActivations,
  layers: readonly UnitLayer[],
  { examples, explained }: LayeredRequest,
): Promise<Point[]> {
  const points: Point[] = [];
  for (const { x, target } of examples) {
    const source = { count: 1, rows: () => Promise.resolve(x) };
    for await (const chunk of activations.stream(source)) {
      const scores = chunk.of(explained.scores);
      const [predicted] = predictedClasses(scores, 1);
      points.push({
        activations: layers.map(({ value }) => Float32Array.from(chunk.of(value))),
        target,
        output: scores.length > 1 ? scores[target]! : scores[0]! * (target === 0 ? -1 : 1),
        side: predicted === target ? 1 : -1,
      });
    }
  }
  return points;
}

/** Features and outputs that linear models are fitted on, by layer. */
interface ProbeData {
  readonly rows: number;
  readonly features: readonly Float32Array[];
  readonly outputs: Float32Array;
}

async function compareWithData(
  activations: LayerActivations,
  layers: readonly UnitLayer[],
  points: readonly Point[],
  { data, explained, settings, onProgress }: LayeredRequest,
): Promise<{ sums: InfluenceSum[][]; probe: ProbeData }> {
  const kernel: Kernel = KERNELS[settings.kernel];
  const scales = kernel.scale && (await kernelScales(activations, layers, points, data, kernel.scale));
  const sums = points.map((point, q) =>
    point.activations.map((x, l) => influenceSum(x, kernel, scales?.[q]?.[l] ?? 1)),
  );

  const rows = Math.min(data.count, settings.probeExamples);
  const sketches = layers.map(({ units }) => sketchOf(units, settings.seed));
  const widths = layers.map(({ units }) => probeFeatures(units));
  const features = widths.map((width) => new Float32Array(rows * width));
  const outputs = new Float32Array(rows * explained.outputs);
  const withTarget = new Int32Array(points.length);
  for await (const chunk of activations.stream(data)) {
    const scores = chunk.of(explained.scores);
    const labels = predictedClasses(scores, chunk.rows);
    points.forEach((point, q) => {
      const isTarget = Array.from(labels, (label) => label === point.target);
      withTarget[q]! += isTarget.filter(Boolean).length;
      const same = isTarget.map((is) => is === (point.side === 1));
      layers.forEach(({ value }, l) => sums[q]![l]!.add(chunk.of(value), same));
    });
    for (let row = 0; row < chunk.rows; row++) {
      // Spread evenly over the data: which may be sorted by class.
      const slot = Math.floor(((chunk.first + row) * rows) / data.count);
      if (Math.ceil((slot * data.count) / rows) !== chunk.first + row) continue;
      layers.forEach(({ value, units }, l) => {
        sketches[l]!(chunk.of(value), row * units, features[l]!, slot * widths[l]!);
      });
      outputs.set(scores.subarray(row * explained.outputs, (row + 1) * explained.outputs), slot * explained.outputs);
    }
    onProgress?.(chunk.first + chunk.rows, data.count, 'comparing');
  }
  points.forEach(({ target, side, activations: ofLayers }, q) => {
    checkLabels(withTarget[q]!, data.count, target);
    // Influence on the label "not the target" is influence against the target.
    if (side < 0) ofLayers.forEach((_, l) => sums[q]![l]!.phi.forEach((value, i, phi) => (phi[i] = -value)));
  });
  return { sums, probe: { rows, features, outputs } };
}

function checkLabels(count: number, total: number, target: number): void {
  if (count > 0 && count < total) return;
  const what = count === 0 ? 'none of the data as' : 'all of the data as';
  throw new InputError(
    `the model sees ${what} class ${target}: MIM compares it with the rest; give --data with both, or another --target`,
  );
}

async function kernelScales(
  activations: LayerActivations,
  layers: readonly UnitLayer[],
  points: readonly Point[],
  data: ExampleSource,
  scale: (distances: Float64Array) => number,
): Promise<number[][]> {
  const all = points.map(() => layers.map(() => new Float64Array(data.count)));
  for await (const chunk of activations.stream(data)) {
    points.forEach((point, q) =>
      layers.forEach(({ value }, l) => all[q]![l]!.set(distances(point.activations[l]!, chunk.of(value)), chunk.first)),
    );
  }
  return all.map((ofQuery) => ofQuery.map((found) => scale(found.filter((distance) => distance > 0))));
}

async function fidelitiesOf(runtime: Runtime, { rows, features, outputs }: ProbeData): Promise<number[]> {
  const fidelities: number[] = [];
  for (const ofLayer of features) fidelities.push(await probeFidelity(runtime, ofLayer, outputs, rows));
  return fidelities;
}

async function reconstruct(
  { runtime, explained, settings, examples, onProgress }: LayeredRequest,
  pictured: readonly UnitLayer[],
  layers: readonly UnitLayer[],
  points: readonly Point[],
  sums: readonly (readonly InfluenceSum[])[],
): Promise<LayeredExample[]> {
  const found = examples.map(() => [] as LayeredLayer[]);
  for (const [done, layer] of pictured.entries()) {
    const l = layers.indexOf(layer);
    const reconstruction = await openReconstruction(runtime, explained, layer);
    try {
      for (const [q, { x }] of examples.entries()) {
        const activations = points[q]!.activations[l]!;
        const { phi } = sums[q]![l]!;
        const selections = settings.shares.map((share) => topUnits(phi, share));
        const signals = [
          only(activations, [largestUnit(activations)]),
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
    onProgress?.(done + 1, pictured.length, 'reconstructing');
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
