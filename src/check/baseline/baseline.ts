/** The accepted state of a model: made of a measurement, and of a file. */
import { TOOL } from '../../tool.js';
import type { AttributionMaps } from '../measure/attributions.js';
import { ARRAY, BASELINE_KIND, baselineVersion, type BaselineFacts, type BaselineFile } from './format.js';
import type { Speed } from '../measure/cost.js';
import type { Decision, DecisionRule, OutputRows } from '../measure/decisions.js';
import type { LayerSketch } from '../measure/layer-sketches.js';
import type { CheckedModel } from '../measure/checked-model.js';
import { TRACED_PROBES, type Measurement } from '../measure/measure.js';
import type { ProbeSource, Probes } from '../probes/probes.js';
import type { Signature } from '../measure/signature.js';
import { rowAt, type Rows } from '../measure/statistics.js';
import type { PointValues } from '../probes/training-points.js';
import { need, type Measured } from '../unavailable.js';

/** Elements of an output that are kept of one probe, evenly spread where there are more. */
const MOST_KEPT = 16_384;

/** An accepted model, as rules see it. */
export interface Baseline {
  readonly file: string;
  readonly sha256: string;
  readonly signature: Signature;
  readonly preprocessing: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly probes: BaselineFile['probes'] & { readonly source: ProbeSource };
  /** Rows as kept: see `keptOf`. */
  readonly outputs: readonly (OutputRows & { readonly size: number })[];
  readonly rule: DecisionRule | null;
  readonly decisions: readonly Decision[];
  /** Layers and maps are of the first so many probes. */
  readonly traced: number;
  readonly layers: Measured<readonly LayerSketch[]>;
  readonly maps: Measured<readonly AttributionMaps[]>;
  readonly points: Measured<PointValues>;
  readonly speed: Measured<Speed>;
  readonly memory: Measured<number>;
  /** Rules that are left out, and why: the accepted model itself fails them. */
  readonly unmeasurable: ReadonlyMap<string, string>;
}

/** Rows of an output with no more elements than a baseline keeps. */
export function keptOf(rows: Rows): Rows {
  const { size, rows: n } = rows;
  if (size <= MOST_KEPT) return rows;
  const data = new Float32Array(n * MOST_KEPT);
  for (let row = 0; row < n; row++) {
    const all = rowAt(rows, row);
    for (let i = 0; i < MOST_KEPT; i++) data[row * MOST_KEPT + i] = all[Math.floor((i * size) / MOST_KEPT)]!;
  }
  return { rows: n, size: MOST_KEPT, data };
}

/** How a new export is measured to be compared: read as the accepted model is, on as many probes. */
export function asRecorded({ rule, decisions, traced, maps }: Baseline) {
  return {
    decided: { rule, classes: decisions.map((each) => each.class) },
    traced,
    ...('value' in maps
      ? { methods: maps.value.map(({ method }) => method), composite: maps.value[0]!.composite }
      : {}),
  };
}

/** A baseline of a measured model. @param name of the model's file @throws CouldNotRun when its outputs could not be computed */
export function makeBaseline(
  { model, name }: { model: CheckedModel; name: string },
  probes: Probes,
  measured: Measurement,
  runtime: string,
): { file: BaselineFacts; arrays: Map<string, Rows> } {
  const arrays = new Map<string, Rows>();
  const outputs = need(measured.outputs, 'the outputs').map(({ name: output, type, dims, rows }, i) => {
    const kept = keptOf(rows);
    arrays.set(ARRAY.output(i), kept);
    return { name: output, type, dims: [...dims], size: rows.size, kept: kept.size };
  });
  const { rule } = measured;
  // JSON has no infinity, and nothing is like it.
  const layers = mapPart(measured.layers, (all) => all.filter(isFinite));
  const maps = finitePart(measured.maps, (all) => all.map((each) => each.maps));
  const points = finitePart(measured.points, ({ values }) => [values]);
  const decided = 'value' in measured.decisions ? measured.decisions.value : [];
  if (rule) {
    const data = Float32Array.from(decided.flatMap(({ margin, confidence }) => [margin, confidence]));
    arrays.set(ARRAY.decisions, { rows: decided.length, size: 2, data });
  }
  if ('value' in layers) arrays.set(ARRAY.layers, joined(layers.value.map(({ sketch }) => sketch)));
  if ('value' in maps) for (const each of maps.value) arrays.set(ARRAY.maps(each.method), each.maps);
  if ('value' in points) arrays.set(ARRAY.points, points.value.values);
  const file: BaselineFacts = {
    kind: BASELINE_KIND,
    baselineVersion,
    tool: TOOL,
    runtime,
    model: { file: name, sha256: model.sha256, ...model.signature },
    preprocessing: { mean: [...measured.normalization.mean], std: [...measured.normalization.std] },
    probes: {
      source: probes.source,
      count: probes.count,
      sha256: probes.sha256,
      labels: probes.labels ? [...probes.labels] : null,
      classNames: [...probes.classNames],
    },
    outputs,
    decisions: rule && { ...rule, predicted: decided.map((each) => each.class) },
    traced: Math.min(TRACED_PROBES, probes.count),
    layers: mapPart(layers, (all) => all.map(({ sketch, ...rest }) => ({ ...rest, parts: sketch.size }))),
    explanations: mapPart(maps, (all) =>
      all.map(({ method, composite, shape }) => ({ method, composite, shape: [...shape] })),
    ),
    trainingPoints: mapPart(points, ({ indices, sha256 }) => ({ indices: [...indices], sha256 })),
    speed: mapPart(measured.speed, (speed) => speed),
    memoryBytes: mapPart(measured.memory, (bytes) => bytes),
    unmeasurable: [],
  };
  return { file, arrays };
}

function mapPart<A, B>(from: Measured<A> | undefined, change: (value: A) => B): Measured<B> {
  if (!from) return { problem: 'it was not measured when the baseline was taken' };
  return 'value' in from ? { value: change(from.value) } : from;
}

/** Whether all that is known of a layer are numbers. */
function isFinite({ mean, rms, sketch }: LayerSketch): boolean {
  return Number.isFinite(mean) && Number.isFinite(rms) && sketch.data.every(Number.isFinite);
}

function finitePart<T>(part: Measured<T> | undefined, arrays: (value: T) => readonly Rows[]): Measured<T> {
  const known = mapPart(part, (value) => value);
  if ('problem' in known || arrays(known.value).every(({ data }) => data.every(Number.isFinite))) return known;
  return { problem: 'they hold NaN or infinity' };
}

/** Sketches one after the other, as one column of numbers. */
function joined(sketches: readonly Rows[]): Rows {
  const data = new Float32Array(sketches.reduce((sum, each) => sum + each.data.length, 0));
  let at = 0;
  for (const sketch of sketches) {
    data.set(sketch.data, at);
    at += sketch.data.length;
  }
  return { rows: data.length, size: 1, data };
}

/** The baseline of a file, whose arrays have the expected numbers of elements. */
export function baselineOf(file: BaselineFacts, arrays: ReadonlyMap<string, Float32Array>): Baseline {
  const { traced } = file;
  const { count: n } = file.probes;
  const { file: name, sha256, ...rest } = file.model;
  const outputs = file.outputs.map(({ kept, ...output }, i) => ({
    ...output,
    rows: { rows: n, size: kept, data: arrays.get(ARRAY.output(i))! },
  }));
  const { decisions } = file;
  const numbers = arrays.get(ARRAY.decisions) ?? new Float32Array(0);
  let at = 0;
  return {
    file: name,
    sha256,
    signature: rest,
    preprocessing: file.preprocessing,
    probes: file.probes,
    outputs,
    rule: decisions && { output: decisions.output, classes: decisions.classes, threshold: decisions.threshold },
    decisions: (decisions?.predicted ?? []).map((predicted, i) => ({
      class: predicted,
      margin: numbers[2 * i]!,
      confidence: numbers[2 * i + 1]!,
    })),
    traced,
    layers: mapPart(file.layers, (all) =>
      all.map(({ parts, ...layer }): LayerSketch => {
        const data = arrays.get(ARRAY.layers)!.subarray(at, at + traced * parts);
        at += traced * parts;
        return { ...layer, sketch: { rows: traced, size: parts, data } };
      }),
    ),
    maps: mapPart(file.explanations, (all) =>
      all.map(({ method, composite, shape }): AttributionMaps => {
        const size = shape.reduce((product, dim) => product * dim, 1);
        return { method, composite, shape, maps: { rows: traced, size, data: arrays.get(ARRAY.maps(method))! } };
      }),
    ),
    points: mapPart(file.trainingPoints, ({ indices, sha256: hash }): PointValues => {
      const values = { rows: traced, size: indices.length, data: arrays.get(ARRAY.points)! };
      return { indices, sha256: hash, values };
    }),
    speed: file.speed,
    memory: file.memoryBytes,
    unmeasurable: new Map(file.unmeasurable.map(({ rule, reason }) => [rule, reason])),
  };
}
