/** Weights of past epochs from the delta log: W(t) = W(0) + Σ Δ (Node only). */
import { join } from 'node:path';
import { InputError } from '../../../errors.js';
import { layerSize } from '../../../log/format/layer.js';
import { openLog, type DeltaLog } from '../../../log/read/reader.js';
import { readModelFile } from '../../../onnx/file.js';
import { graphOf } from '../../../onnx/model.js';
import { decodeTensor } from '../../../onnx/tensor-proto.js';
import { RUN_FILES, type RunManifest } from '../../../run/manifest.js';
import { checkRunFiles, recordsOf } from '../../../run/run-files.js';
import { elementCount, float32, type Tensor } from '../../../tensor.js';
import type { EpochWeights, WeightsOfEpochs } from './epoch-weights.js';

/** Weights that the log has no updates of, by name; none where it has all that training changed. */
export interface Unlogged {
  readonly unlogged: readonly string[];
}

/**
 * Opens the log of a run for the weights of its epochs. They are what was trained, to the last bit's rounding, where the
 * codec is lossless; with `float16` and `int8` each weight is off by no more than one update's rounding, since the codec
 * carries what it lost over to the next step.
 * @returns the weights, or the names of trained weights that the log has no updates of (scales of batch norm, layers left
 *   out with `layers`): then no epoch can be told from it
 * @throws InputError when a file of the run is damaged
 */
export async function weightsFromLog(runDirectory: string, manifest: RunManifest): Promise<WeightsOfEpochs | Unlogged> {
  const { run, layers, segments, epochs } = manifest;
  await checkRunFiles(runDirectory, recordsOf(manifest, [RUN_FILES.initial]));
  const before = await weightsIn(join(runDirectory, RUN_FILES.initial));
  const after = await weightsIn(join(runDirectory, latestModel(manifest)));
  const logged = new Set(layers.flatMap(({ tensors }) => tensors.map(({ name }) => name)));
  const unlogged = [...before].filter(([name, tensor]) => !logged.has(name) && differ(tensor, after.get(name)));
  if (unlogged.length > 0) return { unlogged: unlogged.map(([name]) => name) };
  const log = await openLog(runDirectory, { run, layers, segments });
  return {
    epochs: epochs.length,
    names: [...logged],
    source: 'log',
    walk: (wanted) => walkLog(runDirectory, log, manifest, before, wanted),
  };
}

/** The newest model that a run has, relative to its folder. @throws InputError before the first checkpoint */
export function latestModel({ status, checkpoints }: RunManifest): string {
  if (status === 'finished') return RUN_FILES.model;
  const last = checkpoints.at(-1);
  if (!last) throw new InputError({ problem: 'the run has no checkpoint yet', mend: 'let it go on' });
  return last.model;
}

async function* walkLog(
  runDirectory: string,
  log: DeltaLog,
  { layers, epochs }: RunManifest,
  before: ReadonlyMap<string, Tensor>,
  wanted: readonly number[],
): AsyncGenerator<EpochWeights> {
  const sums = new Map(layers.map((layer) => [layer.name, new Float64Array(layerSize(layer))]));
  let done = 0;
  for (const epoch of wanted) {
    const { step } = epochs[epoch - 1]!;
    if (step > log.lastStep) {
      throw new InputError(`${runDirectory}: its log ends at step ${log.lastStep}, before epoch ${epoch}; restore it`);
    }
    const weights: Record<string, Tensor> = {};
    for (const { name, tensors } of layers) {
      const sum = sums.get(name)!;
      for await (const { data } of log.deltas(name, { firstStep: done + 1, lastStep: step })) addSteps(sum, data);
      let at = 0;
      for (const tensor of tensors) {
        const start = before.get(tensor.name);
        const size = elementCount(tensor.dims);
        if (start?.data.length !== size) {
          throw new InputError(`${runDirectory}: ${RUN_FILES.initial} lacks "${tensor.name}"; restore it from a copy`);
        }
        const own = at;
        const values = Float32Array.from(start.data as Float32Array, (value, i) => value + sum[own + i]!);
        weights[tensor.name] = float32(values, tensor.dims);
        at += size;
      }
    }
    done = step;
    yield { epoch, weights };
  }
}

function addSteps(sum: Float64Array, steps: Float32Array): void {
  for (let at = 0; at < steps.length; at += sum.length) {
    for (let i = 0; i < sum.length; i++) sum[i]! += steps[at + i]!;
  }
}

async function weightsIn(path: string): Promise<Map<string, Tensor>> {
  const { model } = await readModelFile(path);
  return new Map(graphOf(model).initializer.map((stored) => [stored.name, decodeTensor(stored)]));
}

function differ({ data }: Tensor, after: Tensor | undefined): boolean {
  return data.length !== after?.data.length || (data as Float32Array).some((value, i) => value !== after.data[i]);
}
