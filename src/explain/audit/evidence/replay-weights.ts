/** Weights of past epochs by running the training again, to the bit: what no log needs to have been kept for. */
import { InputError } from '../../../errors.js';
import { planRun } from '../../../replay/plan.js';
import { reasonsToDrift } from '../../../replay/recorded.js';
import { runForward, type StateAt } from '../../../replay/states.js';
import type { RunManifest } from '../../../run/manifest.js';
import { withThreads } from '../../../runtime/threads.js';
import { initialState, weightsIn, type CarriedTensors } from '../../../train/carried-state.js';
import { taskOf } from '../../../train/schedule.js';
import { readCheckpoint } from '../../../train/checkpoint.js';
import { setUp, type TrainRequest } from '../../../train/setup.js';
import { createTrainer } from '../../../train/trainer.js';
import type { EpochWeights, WeightsOfEpochs } from './epoch-weights.js';

/**
 * Opens a run for training it again; that takes as long as it took.
 * @param run everything that the training started from
 * @throws InputError when what the run was trained with cannot be set up
 */
export async function weightsFromReplay(run: TrainRequest, manifest: RunManifest): Promise<WeightsOfEpochs> {
  const { carried } = (await setUp({ ...run, options: { ...run.options, log: false } })).graph;
  return {
    epochs: manifest.epochs.length,
    names: carried.flatMap(({ weight }) => weight ?? []),
    source: 'replay',
    walk: (wanted) => walkReplay(run, manifest, wanted),
  };
}

async function* walkReplay(
  run: TrainRequest,
  manifest: RunManifest,
  wanted: readonly number[],
): AsyncGenerator<EpochWeights> {
  const { classifier, options, runDirectory } = run;
  const { graph, pool, rows, classes } = await setUp({ ...run, options: { ...options, log: false } });
  const { carried } = graph;
  const runtime = withThreads(run.runtime, manifest.threads);
  let at: StateAt = { step: 0, state: initialState(classifier.model, carried) };
  const trainer = await createTrainer(graph, pool, rows, at.state, runtime);
  const reached = async ({ step, state }: StateAt) => {
    const record = manifest.checkpoints.find((checkpoint) => checkpoint.step === step)!;
    if (isSame(state, await readCheckpoint(runDirectory, record, carried))) return;
    throw new InputError(
      `${runDirectory}: trained again to step ${step}, its weights are not those that were recorded (${reasonsToDrift(manifest)}); ` +
        'audit it where it was trained, or its `model`',
    );
  };
  try {
    const plan = planRun(options, taskOf(run.train, classes));
    const stops = manifest.checkpoints.map(({ step }) => step);
    for (const epoch of wanted) {
      at = await runForward({ plan, trainer, stops, reached }, at, manifest.epochs[epoch - 1]!.step);
      yield { epoch, weights: weightsIn(at.state, carried) };
    }
  } finally {
    await trainer.release();
  }
}

function isSame(state: CarriedTensors, recorded: CarriedTensors): boolean {
  return Object.entries(recorded).every(([name, { data }]) => {
    const own = state[name]!.data as Float32Array;
    return (data as Float32Array).every((value, i) => value === own[i]);
  });
}
