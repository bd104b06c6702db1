/** The weights of a run at chosen steps, in order: added up from the log, or by training again where the log lacks some. */
import { InputError } from '../errors.js';
import { lowrank } from '../log/codecs/lowrank.js';
import type { DeltaLog } from '../log/read/reader.js';
import { layerSize } from '../log/format/layer.js';
import { giveBack } from '../runtime/give-back.js';
import { weightsIn } from '../train/carried-state.js';
import { elementCount, float32, type Tensor } from '../tensor.js';
import { openForwardReplay, type ReplayRequest } from './recorded.js';
import { runForward } from './states.js';

/** Tensors by their names in the model. */
export type Weights = Readonly<Record<string, Tensor>>;

/** The weights after a step; 0 is before the first. */
export interface WeightsAt {
  readonly step: number;
  /** Only until the next step is asked for. */
  readonly weights: Weights;
}

/**
 * Names of tensors whose values in between cannot be added up from the log: of what factors lose of a step, none comes back with
 * a later one.
 */
export function coarseTensors({ layers }: { readonly layers: readonly CodedLayer[] }): string[] {
  return layers.flatMap(({ codec, tensors }) => (codec === lowrank.name ? [tensors[0]!.name] : []));
}

/** A column of a log and its codec. */
type CodedLayer = Pick<DeltaLog['layers'][number], 'codec' | 'tensors'>;

/** Updates that are held in memory at once, all layers together, in bytes. */
const CHUNK_BYTES = 2 ** 25;

/** Steps that are decoded at once at most. */
const CHUNK_STEPS = 64;

/**
 * W⁽⁰⁾ + Σ Δ: every update is added in float64, and the sum is rounded once. With a lossless codec that is what training had, to
 * the rounding of the updates; with a lossy one it is off by what the codec owes at that step (`DeltaLog.residual`), which does
 * not grow, as every update makes good for the one before (but for `coarseTensors`). Memory depends on the weights, not on the steps.
 * @param initial W⁽⁰⁾ of every tensor in the log
 * @param steps ascending
 * @param variances names of running variances, which are never below 0, where the rounding of large updates could take one that
 *   has since become small
 * @throws InputError naming file and place where the log is damaged
 */
export async function* loggedWeights(
  log: DeltaLog,
  initial: Weights,
  steps: readonly number[],
  variances: readonly string[] = [],
): AsyncGenerator<WeightsAt> {
  const bytes = log.layers.reduce((sum, layer) => sum + 4 * layerSize(layer), 0);
  const chunkSteps = Math.max(1, Math.min(CHUNK_STEPS, Math.floor(CHUNK_BYTES / bytes)));
  const layers = log.layers.map((layer) => {
    const sum = new Float64Array(layerSize(layer));
    let at = 0;
    for (const { name } of layer.tensors) {
      const { data } = initial[name]!;
      sum.set(data as Float32Array, at);
      at += data.length;
    }
    return { layer, sum, addTo: adder(log, layer.name, sum, { chunkSteps, lastStep: steps.at(-1) ?? 0 }) };
  });
  for (const step of steps) {
    for (const { addTo } of layers) await addTo(step);
    const weights: Record<string, Tensor> = { ...initial };
    for (const { layer, sum } of layers) {
      let at = 0;
      for (const { name, dims } of layer.tensors) {
        const end = at + elementCount(dims);
        const values = Float32Array.from(sum.subarray(at, end));
        const least = variances.includes(name) ? values.map((value) => Math.max(0, value)) : values;
        weights[name] = float32(least, initial[name]!.dims);
        at = end;
      }
    }
    yield { step, weights };
  }
}

/** Adds a layer's updates to a sum, up to the step that is asked for. */
function adder(
  log: DeltaLog,
  layer: string,
  sum: Float64Array,
  { chunkSteps, lastStep }: { readonly chunkSteps: number; readonly lastStep: number },
): (step: number) => Promise<void> {
  const chunks = log.deltas(layer, { chunkSteps, lastStep })[Symbol.asyncIterator]();
  let pending = new Float32Array();
  let done = 0;
  return async (step) => {
    for (; done < step; done++) {
      if (pending.length === 0) {
        const next = await chunks.next();
        if (next.done) throw new InputError(`the log of layer "${layer}" ends at step ${done}; restore it from a copy`);
        pending = next.value.data as Float32Array<ArrayBuffer>;
      }
      for (let i = 0; i < sum.length; i++) sum[i]! += pending[i]!;
      pending = pending.subarray(sum.length);
    }
  };
}

/**
 * The weights that training had, to the bit, by training again: what it takes is the time of the training without a log.
 * @param steps ascending
 * @param onProgress is told of steps that were run
 * @throws InputError where the replay drifts from what was recorded
 */
export async function* replayedWeights(
  request: Omit<ReplayRequest, 'memory'>,
  steps: readonly number[],
  onProgress?: (steps: number) => void,
): AsyncGenerator<WeightsAt> {
  const { source, start, carried, release } = await openForwardReplay(request, onProgress);
  try {
    let at = start;
    for (const step of steps) {
      const passed = at;
      if (step > at.step) at = await runForward(source, passed, step);
      if (at !== passed && passed !== start) giveBack(Object.values(passed.state));
      yield { step, weights: weightsIn(at.state, carried) };
    }
  } finally {
    await release();
  }
}
