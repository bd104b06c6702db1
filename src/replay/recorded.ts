/** A run, replayed, and compared with what it recorded of its states (Node only). */
import { InputError } from '../errors.js';
import type { RunManifest } from '../run/manifest.js';
import { checkProvider } from '../run/provider.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import { withThreads } from '../runtime/threads.js';
import type { CarriedTensors } from '../train/carried-state.js';
import { readCheckpoint } from '../train/checkpoint.js';
import type { TrainRequest } from '../train/setup.js';
import type { Carried } from '../train/training-graph.js';
import { replayTraining, startAgain, type Replay, type Watch } from './replay.js';
import type { StateAt, StateSource } from './states.js';

/** A run that is to be replayed, opened as if it were to be resumed. */
export interface ReplayRequest extends TrainRequest {
  readonly manifest: RunManifest;
  /** Bytes that the replay may take: up to three quarters for states of past steps, and a quarter for what is pulled back. */
  readonly memory: number;
  /** Go on where the replay is not the recorded training to the bit. */
  readonly allowDrift?: boolean | undefined;
}

/** A replay of a run. */
export interface RecordedReplay extends Replay {
  readonly manifest: RunManifest;
}

/**
 * Opens a run for replaying: runs it forward once.
 * @param onProgress is told of steps that were run
 * @throws InputError when the run cannot be replayed: where it drifts from what was recorded, by how much
 */
export async function openReplay(
  request: ReplayRequest,
  onProgress?: (steps: number) => void,
): Promise<RecordedReplay> {
  const { again, started, watch } = await prepare(request, onProgress);
  return { ...(await replayTraining(again, started, request.memory, watch)), manifest: request.manifest };
}

/** A run that is trained again from its start, forwards only, and compared with each checkpoint on the way. */
export interface ForwardReplay {
  readonly source: StateSource;
  /** The state before the first step. */
  readonly start: StateAt;
  readonly carried: readonly Carried[];
  readonly release: () => Promise<void>;
}

/** @throws InputError when the run cannot be replayed, and on the way where it drifts from what was recorded */
export async function openForwardReplay(
  request: Omit<ReplayRequest, 'memory'>,
  onProgress?: (steps: number) => void,
): Promise<ForwardReplay> {
  const { started, watch } = await prepare(request, onProgress);
  const { setup, source, start, release } = started;
  return { source: { ...source, ...watch }, start, carried: setup.graph.carried, release };
}

/** What every replay of a run starts from. */
async function prepare(request: Omit<ReplayRequest, 'memory'>, onProgress?: (steps: number) => void) {
  const { manifest, runDirectory } = request;
  const runtime = withThreads(request.runtime, manifest.threads);
  if (!request.allowDrift) checkProvider(runDirectory, manifest, runtime.provider, ', or set `allowDrift`');
  if (manifest.steps === 0) throw new InputError(`${runDirectory}: the run has no steps yet; train it first`);
  const again = { ...request, runtime, steps: manifest.steps };
  const started = await startAgain(again, onProgress);
  return { again, started, watch: watchDrift(request, started.setup.graph.carried) };
}

/** Compares what is replayed with each checkpoint that the run kept. */
function watchDrift(
  { manifest, runDirectory, allowDrift = false }: Omit<ReplayRequest, 'memory'>,
  carried: readonly Carried[],
): Watch {
  let drift = 0;
  return {
    stops: manifest.checkpoints.map(({ step }) => step),
    reached: async ({ step, state }) => {
      const record = manifest.checkpoints.find((checkpoint) => checkpoint.step === step)!;
      await checkRunFiles(runDirectory, recordsOf(manifest, [record.model, record.state]));
      const apart = relativeDistance(state, await readCheckpoint(runDirectory, record, carried));
      drift = Math.max(drift, apart);
      if (apart === 0 || allowDrift) return;
      throw new InputError(
        `${runDirectory}: replayed to step ${step}, its weights are not those that were recorded, but ${apart.toExponential(1)} of their norm away ` +
          `(${reasonsToDrift(manifest)}); replay it where it was trained, or set \`allowDrift\``,
      );
    },
    drift: () => drift,
  };
}

/** Why a run may not come again to the bit, in words. */
export function reasonsToDrift({ threads, runtime }: RunManifest): string {
  if (threads === undefined)
    return 'another version of ONNX Runtime, another processor or other threads than it was trained with';
  return `on \`threads\` ${threads} both times, so by another processor or another version of ONNX Runtime than ${runtime}`;
}

/** ‖a − b‖/‖b‖ over all tensors together; 0 only where all are equal to the bit. */
function relativeDistance(a: CarriedTensors, b: CarriedTensors): number {
  let difference = 0;
  let norm = 0;
  for (const [name, { data }] of Object.entries(b)) {
    const other = a[name]!.data as Float32Array;
    (data as Float32Array).forEach((value, i) => {
      difference += (value - other[i]!) ** 2;
      norm += value ** 2;
    });
  }
  return difference === 0 ? 0 : Math.sqrt(difference / Math.max(norm, Number.MIN_VALUE));
}
