/** Weights of past epochs from the delta log: W(t) = W(0) + Σ Δ (Node only). */
import { join } from '../../../storage/paths.js';
import { InputError } from '../../../errors.js';
import { openLog, type DeltaLog } from '../../../log/read/reader.js';
import { readModelFile } from '../../../onnx/file.js';
import { graphOf, type Model } from '../../../onnx/model.js';
import { decodeTensor } from '../../../onnx/tensor-proto.js';
import { coarseTensors, loggedWeights } from '../../../replay/weights.js';
import { loggedColumns, RUN_FILES, type RunManifest } from '../../../run/manifest.js';
import { checkRunFiles, recordsOf } from '../../../run/run-files.js';
import { elementCount, type Tensor } from '../../../tensor.js';
import { runningVariances } from '../../../train/ghost-batch-norm.js';
import type { WeightsOfEpochs } from './epoch-weights.js';

/** Weights that the log has no exact updates of, by name; none where it has all that training changed. */
export interface Unlogged {
  readonly unlogged: readonly string[];
}

/**
 * Opens the log of a run for the weights of its epochs. They are what was trained, to the last bit's rounding, where the
 * codec is lossless; with `float16` and `int8` each weight is off by no more than one update's rounding, since the codec
 * carries what it lost over to the next step.
 * @returns the weights, or the names of trained weights that the log has no updates of (layers left out with `layers`, or
 *   logged as factors; what no layer has, in runs of earlier builds): then no epoch can be told from it
 * @throws InputError when a file of the run is damaged
 */
export async function weightsFromLog(runDirectory: string, manifest: RunManifest): Promise<WeightsOfEpochs | Unlogged> {
  await checkRunFiles(runDirectory, recordsOf(manifest, [RUN_FILES.initial]));
  const { model } = await readModelFile(join(runDirectory, RUN_FILES.initial));
  const before = weightsIn(model);
  const after = weightsIn((await readModelFile(join(runDirectory, latestModel(manifest)))).model);
  const columns = loggedColumns(manifest);
  const logged = new Set(columns.flatMap(({ tensors }) => tensors.map(({ name }) => name)));
  for (const name of coarseTensors({ layers: columns })) logged.delete(name);
  const unlogged = [...before].filter(([name, tensor]) => !logged.has(name) && differ(tensor, after.get(name)));
  if (unlogged.length > 0) return { unlogged: unlogged.map(([name]) => name) };
  const log = await openLog(runDirectory, manifest);
  const initial = initialWeights(runDirectory, log, before);
  const variances = runningVariances(graphOf(model));
  return {
    epochs: manifest.epochs.length,
    names: [...logged],
    source: 'log',
    walk: async function* (wanted) {
      const steps = wanted.map((epoch) => manifest.epochs[epoch - 1]!.step);
      const beyond = wanted.find((_, i) => steps[i]! > log.lastStep);
      if (beyond !== undefined) {
        throw new InputError(
          `${runDirectory}: its log ends at step ${log.lastStep}, before epoch ${beyond}; restore it`,
        );
      }
      let at = 0;
      for await (const { weights } of loggedWeights(log, initial, steps, variances))
        yield { epoch: wanted[at++]!, weights };
    },
  };
}

/** The weights before training of all that the log has. @throws InputError where the model is another one */
function initialWeights(
  runDirectory: string,
  { layers }: DeltaLog,
  before: ReadonlyMap<string, Tensor>,
): Record<string, Tensor> {
  const initial: Record<string, Tensor> = {};
  for (const { name, dims } of layers.flatMap(({ tensors }) => tensors)) {
    const start = before.get(name);
    if (start?.data.length !== elementCount(dims)) {
      throw new InputError(`${runDirectory}: ${RUN_FILES.initial} lacks "${name}"; restore it from a copy`);
    }
    initial[name] = start;
  }
  return initial;
}

/** The newest model that a run has, relative to its folder. @throws InputError before the first checkpoint */
export function latestModel({ status, checkpoints }: RunManifest): string {
  if (status === 'finished') return RUN_FILES.model;
  const last = checkpoints.at(-1);
  if (!last) throw new InputError({ problem: 'the run has no checkpoint yet', mend: 'let it go on' });
  return last.model;
}

function weightsIn(model: Model): Map<string, Tensor> {
  return new Map(graphOf(model).initializer.map((stored) => [stored.name, decodeTensor(stored)]));
}

function differ({ data }: Tensor, after: Tensor | undefined): boolean {
  return data.length !== after?.data.length || (data as Float32Array).some((value, i) => value !== after.data[i]);
}
