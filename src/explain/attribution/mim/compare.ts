/** Explained inputs beside a data set: what layered explanations learn from the network's activations. */
import { InputError } from '../../../errors.js';
import { distances, influenceSum, type InfluenceSum } from './influence.js';
import type { Kernel } from './kernels/kernel.js';
import { KERNELS } from './kernels/registry.js';
import { predictedClasses, type LayerActivations, type RowSource } from './layer-activations.js';
import type { LayeredRequest } from './layered-explanation.js';
import type { UnitLayer } from './layers.js';
import { mostActive, type MostActive } from './most-active.js';
import { probeFeatures, sketchOf } from './probe.js';

/** An explained input: its activations in each layer, and its label. */
export interface Point {
  readonly activations: readonly Float32Array[];
  readonly target: number;
  /** Score of the target. */
  readonly output: number;
  /** 1 where the network predicts the target, −1 where it does not: φ is turned so that positive supports the target. */
  readonly side: 1 | -1;
}

/** Runs the explained inputs. */
export async function pointsOf(
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
export interface ProbeData {
  readonly rows: number;
  readonly features: readonly Float32Array[];
  readonly outputs: Float32Array;
}

/**
 * Streams the data once (twice for a kernel with a length): the influence of every unit of every layer on every input,
 * what linear models are fitted on, and which examples activate each unit most.
 * @throws InputError when all of the data have one label
 */
export async function compareWithData(
  activations: LayerActivations,
  layers: readonly UnitLayer[],
  points: readonly Point[],
  { data, explained, settings, onProgress }: LayeredRequest,
): Promise<{ sums: InfluenceSum[][]; probe: ProbeData; active: MostActive[] }> {
  const kernel: Kernel = KERNELS[settings.kernel];
  const scales = kernel.scale && (await kernelScales(activations, layers, points, data, kernel.scale));
  const sums = points.map((point, q) =>
    point.activations.map((x, l) => influenceSum(x, kernel, scales?.[q]?.[l] ?? 1)),
  );

  const active = layers.map(({ units }) => mostActive(units));
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
    layers.forEach(({ value }, l) => active[l]!.add(chunk.of(value), chunk.first));
    for (let row = 0; row < chunk.rows; row++) {
      // Spread evenly over the data: which may be sorted by class.
      const slot = Math.floor(((chunk.first + row) * rows) / data.count);
      if (Math.ceil((slot * data.count) / rows) !== chunk.first + row) continue;
      layers.forEach(({ value, units }, l) => {
        sketches[l]!(chunk.of(value), row * units, features[l]!, slot * widths[l]!);
      });
      outputs.set(scores.subarray(row * explained.outputs, (row + 1) * explained.outputs), slot * explained.outputs);
    }
    onProgress?.('comparing', chunk.first + chunk.rows, data.count);
  }
  points.forEach(({ target, side, activations: ofLayers }, q) => {
    checkLabels(withTarget[q]!, data.count, target);
    // Influence on the label "not the target" is influence against the target.
    if (side < 0) ofLayers.forEach((_, l) => sums[q]![l]!.phi.forEach((value, i, phi) => (phi[i] = -value)));
  });
  return { sums, probe: { rows, features, outputs }, active };
}

function checkLabels(count: number, total: number, target: number): void {
  if (count > 0 && count < total) return;
  const what = count === 0 ? 'none of the data as' : 'all of the data as';
  throw new InputError(
    `the model sees ${what} class ${target}: MIM compares it with the rest; give \`data\` with both, or another \`target\``,
  );
}

async function kernelScales(
  activations: LayerActivations,
  layers: readonly UnitLayer[],
  points: readonly Point[],
  data: RowSource,
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
