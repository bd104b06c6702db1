/** What the values of all training points sum to for a target: weights of a linear function of the query, in float64. */
import { GraphBuilder } from '../../graph/builder.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import { encodeModel } from '../../onnx/codec.js';
import type { Model } from '../../onnx/model.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { float64 } from '../../tensor.js';
import { floatTensor, rowOf } from './features/features.js';
import { weightOf, type PointSet } from './point-set.js';

/**
 * A target's values in sum, and what bounds them. A sum Σ_i α_i ⟨f_i, f_t⟩ is linear in f_t: its weights are Σ_i α_i f_i, and
 * last comes what the appended 1 adds.
 */
export interface TargetSums {
  /** Weights of the sum over each class's points, [classes, columns + 1]. */
  readonly byClass: Float64Array;
  /** Weights of the sum over the points with α_i > 0, [columns + 1]. */
  readonly excitatory: Float64Array;
  /** A power of two that no |α_i| is above. */
  readonly scale: number;
  /** α_i / scale, in float32. */
  readonly alpha: Float32Array;
  /** max |α_i| ‖f_i‖ / scale and Σ |α_i| ‖f_i‖ / scale, the appended 1 included. */
  readonly reach: number;
  readonly total: number;
}

/** What does not depend on the target. */
export interface FeatureFacts {
  /** max ‖f_i‖, the appended 1 included. */
  readonly longest: number;
  /** Whether no feature is negative, as behind a ReLU. */
  readonly areNonnegative: boolean;
}

/** Sums of targets, computed when they are first asked for; release them when done. */
export interface SumsOfTargets {
  /** Number of classes that points are told apart by. */
  readonly classes: number;
  /** How many targets may be asked for at once, so that what is kept stays in a few hundred megabytes. */
  readonly atOnce: number;
  /** The sums of some targets, by target, in one pass over those that are not there yet. */
  of(
    targets: Iterable<number>,
  ): Promise<{ readonly sums: ReadonlyMap<number, TargetSums>; readonly facts: FeatureFacts }>;
  release(): Promise<void>;
}

/** Bytes of sums that are kept, unless one target takes more. */
export const KEPT_BYTES = 2 ** 28;

/** Bytes of features in one call: what becomes of them in float64 stays in the caches. */
const GROUP_BYTES = 2 ** 21;

/** Opens the sums of training points. */
export function openTargetSums(set: PointSet, runtime: Runtime, keptBytes = KEPT_BYTES): SumsOfTargets {
  const { columns, rows } = set.features;
  const classes = set.labels.reduce((a, b) => Math.max(a, b), 0) + 1;
  const atOnce = Math.max(1, Math.floor(keptBytes / (8 * (classes + 1) * (columns + 1) + 4 * rows)));
  const kept = new Map<number, TargetSums>();
  const facts = { longest: 0, areNonnegative: true };
  let session: Promise<Session> | undefined;
  let members: readonly Int32Array[] | undefined;

  const add = async (targets: readonly number[]) => {
    session ??= runtime.createSession(encodeModel(sumsModel(set)));
    members ??= rowsByClass(set.labels, classes);
    const added = await addUp(set, targets, members, await session);
    facts.longest = added.lengths.reduce((a, b) => Math.max(a, b), 0);
    facts.areNonnegative = added.areNonnegative;
    targets.forEach((target, t) => kept.set(target, targetSums(set, target, added, t)));
  };
  return {
    classes,
    atOnce,
    of: async (targets) => {
      const asked = [...new Set(targets)];
      const isKept = (target: number) => kept.has(target);
      const missing = asked.filter((target) => !isKept(target));
      if (kept.size + missing.length > atOnce) kept.clear();
      if (missing.length > 0) await add(asked.filter((target) => !isKept(target)));
      return { sums: new Map(asked.map((target) => [target, kept.get(target)!])), facts };
    },
    release: async () => (await session)?.release(),
  };
}

/** Sums of several targets, before they are taken apart. */
interface Added {
  /** [targets, classes, columns + 1] */
  readonly byClass: Float64Array;
  /** [targets, columns + 1] */
  readonly excitatory: Float64Array;
  /** ‖f_i‖ of every point, the appended 1 included. */
  readonly lengths: Float64Array;
  readonly areNonnegative: boolean;
}

async function addUp(
  set: PointSet,
  targets: readonly number[],
  members: readonly Int32Array[],
  session: Session,
): Promise<Added> {
  const { features, bias } = set;
  const { columns, data, rows } = features;
  const [width, classes, count] = [columns + 1, members.length, targets.length];
  const byClass = new Float64Array(count * classes * width);
  const excitatory = new Float64Array(count * width);
  const lengths = new Float64Array(rows);
  let areNonnegative = true;
  const most = Math.max(16, Math.floor(GROUP_BYTES / (columns * data.BYTES_PER_ELEMENT)));
  const gathered = data instanceof Float64Array ? new Float64Array(most * columns) : new Float32Array(most * columns);
  for (const [c, all] of members.entries()) {
    for (let start = 0; start < all.length; start += most) {
      const group = all.subarray(start, start + most);
      const size = group.length;
      // α of each target, then what of it is above 0.
      const alpha = new Float64Array(2 * count * size);
      group.forEach((i, row) => {
        gathered.set(rowOf(data, columns, i), row * columns);
        for (let t = 0; t < count; t++) {
          const weight = weightOf(set, i, targets[t]!);
          alpha[t * size + row] = weight;
          alpha[(count + t) * size + row] = Math.max(0, weight);
        }
      });
      const found = await session.run({
        features: floatTensor(gathered.subarray(0, size * columns), [size, columns]),
        alpha: float64(alpha, [2 * count, size]),
      });
      const weights = found.weights!.data as Float64Array;
      for (let t = 0; t < count; t++) {
        addRow(byClass, (t * classes + c) * width, weights, t, alpha);
        addRow(excitatory, t * width, weights, count + t, alpha);
      }
      const ofGroup = found.lengths!.data as Float64Array;
      group.forEach((i, row) => (lengths[i] = Math.hypot(ofGroup[row]!, bias ? 1 : 0)));
      areNonnegative &&= Number(found.least!.data[0]) >= 0;
    }
  }
  return { byClass, excitatory, lengths, areNonnegative };

  /** Adds a row of weights, and what its α add to the appended 1. */
  function addRow(target: Float64Array, at: number, weights: Float64Array, row: number, alpha: Float64Array): void {
    for (let k = 0; k < columns; k++) target[at + k]! += weights[row * columns + k]!;
    if (!bias) return;
    const size = alpha.length / (2 * count);
    let sum = 0;
    for (let i = row * size; i < (row + 1) * size; i++) sum += alpha[i]!;
    target[at + columns]! += sum;
  }
}

/** The sums of target number t of those that were added up. */
function targetSums(set: PointSet, target: number, { byClass, excitatory, lengths }: Added, t: number): TargetSums {
  const { rows, columns } = set.features;
  const width = columns + 1;
  const size = byClass.length / (excitatory.length / width);
  let largest = 0;
  for (let i = 0; i < rows; i++) largest = Math.max(largest, Math.abs(weightOf(set, i, target)));
  const scale = largest > 0 ? 2 ** Math.ceil(Math.log2(largest) + 1e-9) : 1;
  const alpha = new Float32Array(rows);
  let [reach, total] = [0, 0];
  for (let i = 0; i < rows; i++) {
    const weight = weightOf(set, i, target) / scale;
    alpha[i] = weight;
    const most = Math.abs(weight) * lengths[i]!;
    reach = Math.max(reach, most);
    total += most;
  }
  return {
    byClass: byClass.slice(t * size, (t + 1) * size),
    excitatory: excitatory.slice(t * width, (t + 1) * width),
    scale,
    alpha,
    reach,
    total,
  };
}

/** Weights of some training points, each a class's, with their lengths. */
function sumsModel({ features: { columns, data } }: PointSet): Model {
  const g = new GraphBuilder({ name: 'sums of targets' });
  g.input('features', data instanceof Float64Array ? 'float64' : 'float32', ['rows', columns]);
  g.input('alpha', 'float64', ['sums', 'rows']);
  const wide = g.op('Cast', ['features'], { to: elementTypeCode('float64') });
  g.output(g.rename(g.op('Gemm', ['alpha', wide]), 'weights'), 'float64');
  g.output(g.rename(g.op('ReduceL2', [wide, g.ints([1])], { keepdims: 0 }), 'lengths'), 'float64');
  g.output(g.rename(g.op('ReduceMin', [wide], { keepdims: 0 }), 'least'), 'float64');
  return g.model();
}

/** Indices of the points of each class, in their order. */
function rowsByClass(labels: Int32Array, classes: number): Int32Array[] {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]!++;
  const members = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  labels.forEach((label, i) => (members[label]![counts[label]!++] = i));
  return members;
}
