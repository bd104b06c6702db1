/** Proves that a log is what happened: the sum of its deltas and the weights before training give the weights after. */
import { InputError } from '../../errors.js';
import { elementCount } from '../../tensor.js';
import { codecOf } from '../codecs/registry.js';
import { lowrank } from '../codecs/lowrank.js';
import type { LayerColumn } from '../format/descriptors.js';
import { layerLayout, layerSize } from '../format/layer.js';
import { residualRounding } from '../format/residual.js';
import type { Runtime } from '../../runtime/runtime.js';
import { openFactoredSums } from './factored-sum.js';
import type { DeltaLog, DeltaRange } from './reader.js';

/** Weights before and after, by tensor name, row-major. */
export interface InitialAndFinalWeights {
  /** W^(0). */
  readonly initial: ReadonlyMap<string, Float32Array>;
  /** W^(T). */
  readonly final: ReadonlyMap<string, Float32Array>;
}

/** How one tensor came out. */
export interface TensorCheck {
  readonly layer: string;
  readonly tensor: string;
  readonly codec: string;
  /** Largest |W^(0) + Σ decoded − W^(T)|: what the codec lost. */
  readonly error: number;
  /** `error` relative to the largest |W^(T) − W^(0)|; 0 when both are 0. */
  readonly relativeError: number;
  /** The error that the codec reports: the largest magnitude in its residual; 0 for a lossless codec. */
  readonly reportedError: number;
  /** Largest |W^(0) + Σ decoded + residual − W^(T)|: what nothing explains. */
  readonly unexplained: number;
  /** What rounding explains: of each logged difference, and of the residual after each step, or as it is stored. */
  readonly rounding: number;
  /** Whether `unexplained` is within `rounding`. */
  readonly passed: boolean;
}

/** How a log is verified. */
export interface VerifyOptions extends Pick<DeltaRange, 'chunkSteps' | 'threads'> {
  /** Adds up updates that are stored as factors, some hundred times faster than decoding each; not needed otherwise. */
  readonly runtime?: Runtime | undefined;
  /** The step whose weights `final` are; the log's last one by default. */
  readonly step?: number;
}

/**
 * A float32 difference of two weights is off by at most 2^-24 of itself, and so is the residual by its own: twice that
 * covers both, since no residual exceeds the largest number that its step decodes to.
 */
const ROUNDING = 2 ** -23;

/**
 * Replays one layer up to a step, adding in float64.
 * @throws InputError when the weights lack a tensor of the layer, the log is damaged, or a lossy codec's residual is not
 *   known at that step because no segment was sealed there
 */
export async function verifyLayer(
  log: DeltaLog,
  layer: string,
  weights: InitialAndFinalWeights,
  { step = log.lastStep, ...range }: VerifyOptions = {},
): Promise<TensorCheck[]> {
  const column = log.layers.find(({ name }) => name === layer);
  if (!column) throw new InputError(`the log holds no layer ${JSON.stringify(layer)}`);
  const size = layerSize(column);
  const spans = tensorSpans(column.tensors);
  const isFactored = column.codec === lowrank.name;
  const { sum, travelled } =
    isFactored && range.runtime
      ? await addFactors(log, column, spans, step, range.runtime)
      : await addDeltas(log, column, spans, { ...range, lastStep: step });
  const codec = codecOf(column.codec, column.codecVersion);
  let stored = 0;
  // The residual of factors is rounded where a segment ends, whatever the updates were.
  if (isFactored) {
    for (const largest of await log.largestResiduals(layer, step)) {
      travelled[0]! += largest;
      stored += residualRounding(codec.residual ?? 'float32', largest);
    }
  }
  const residual = codec.lossless ? new Float32Array(size) : await log.residual(layer, step);
  return spans.map(({ tensor, begin, end }, t) => {
    const before = weightsOf(weights.initial, tensor, end - begin);
    const after = weightsOf(weights.final, tensor, end - begin);
    let error = 0;
    let unexplained = 0;
    let moved = 0;
    let reportedError = 0;
    // Math.max lets NaN through, and NaN passes no check.
    for (let i = begin; i < end; i++) {
      const gap = after[i - begin]! - before[i - begin]! - sum[i]!;
      error = Math.max(error, Math.abs(gap));
      unexplained = Math.max(unexplained, Math.abs(gap - residual[i]!));
      moved = Math.max(moved, Math.abs(after[i - begin]! - before[i - begin]!));
      reportedError = Math.max(reportedError, Math.abs(residual[i]!));
    }
    const rounding = ROUNDING * travelled[t]! + (t === 0 ? stored : 0);
    const relativeError = error === 0 ? 0 : error / moved;
    const passed = unexplained <= rounding;
    return { layer, tensor, codec: column.codec, error, relativeError, reportedError, unexplained, rounding, passed };
  });
}

/** Σ of what was logged of a layer, and for each tensor, how far that goes to be rounded to float32. */
interface AddedUp {
  readonly sum: Float64Array;
  readonly travelled: Float64Array;
}

async function addDeltas(
  log: DeltaLog,
  { name, tensors }: LayerColumn,
  spans: readonly TensorSpan[],
  range: DeltaRange,
): Promise<AddedUp> {
  const size = layerSize({ name, tensors });
  const sum = new Float64Array(size);
  const travelled = new Float64Array(spans.length);
  for await (const { count, data } of log.deltas(name, range)) {
    for (let at = 0; at < count * size; at += size) {
      spans.forEach(({ begin, end }, t) => {
        let largest = 0;
        for (let i = begin; i < end; i++) {
          const value = data[at + i]!;
          sum[i]! += value;
          largest = Math.max(largest, Math.abs(value));
        }
        travelled[t]! += largest;
      });
    }
  }
  return { sum, travelled };
}

/** The same from factors, of which no product is rounded to float32. */
async function addFactors(
  log: DeltaLog,
  column: LayerColumn,
  spans: readonly TensorSpan[],
  lastStep: number,
  runtime: Runtime,
): Promise<AddedUp> {
  const travelled = new Float64Array(spans.length);
  const first = spans[0]!.end;
  const sums = await openFactoredSums(runtime);
  try {
    const sum = await sums.sum(log.records(column.name, { lastStep }), layerLayout(column), ({ others }) => {
      spans.slice(1).forEach(({ begin, end }, t) => {
        const own = others.subarray(begin - first, end - first);
        travelled[t + 1]! += own.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      });
    });
    return { sum, travelled };
  } finally {
    await sums.release();
  }
}

/**
 * Verifies a whole log: every layer, and every step record.
 * @throws InputError as {@link verifyLayer} does
 */
export async function verifyLog(
  log: DeltaLog,
  weights: InitialAndFinalWeights,
  options: VerifyOptions = {},
): Promise<TensorCheck[]> {
  const checks: TensorCheck[] = [];
  for (const { name } of log.layers) checks.push(...(await verifyLayer(log, name, weights, options)));
  // Reading them is the check: each must be sound and numbered on from the one before.
  for await (const { step } of log.steps()) if (step === (options.step ?? log.lastStep)) break;
  return checks;
}

/** Where a tensor lies in its layer's flat delta. */
interface TensorSpan {
  readonly tensor: string;
  readonly begin: number;
  readonly end: number;
}

function tensorSpans(tensors: readonly { name: string; dims: readonly number[] }[]): TensorSpan[] {
  let end = 0;
  return tensors.map(({ name, dims }) => {
    const begin = end;
    end += elementCount(dims);
    return { tensor: name, begin, end };
  });
}

function weightsOf(weights: ReadonlyMap<string, Float32Array>, tensor: string, length: number): Float32Array {
  const found = weights.get(tensor);
  if (found?.length !== length) {
    throw new InputError(
      `tensor ${JSON.stringify(tensor)} has ${found ? `${found.length} elements` : 'no weights'} in the model, ` +
        `${length} in the log; the model belongs to another run`,
    );
  }
  return found;
}
