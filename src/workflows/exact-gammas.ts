/** γ of single examples by replaying a run, where that can be done. */
import { InputError } from '../errors.js';
import { exactSplit } from '../explain/influence/exact-split.js';
import type { ExampleGammaRequest, ExampleGammas, LayerExampleGammas } from '../explain/trace/example-gammas.js';
import { hasScan } from '../graph/steps/first-steps.js';
import { graphOf } from '../onnx/model.js';
import { memoryForCotangents } from '../replay/room.js';
import type { Notice, Reporting } from '../progress.js';
import type { RunManifest } from '../run/manifest.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import { RUN_FILES } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { openRun, REPLAY_MEMORY } from './open-run.js';
import { openForTraining } from '../train/open-for-training.js';
import { replayRun } from './replay-run.js';

/** A run whose batches are to be told apart. */
export interface ExactGammasRequest extends Reporting {
  readonly runDirectory: string;
  readonly manifest: RunManifest;
  /** The training data, where they are no longer where the run says. */
  readonly data?: string | undefined;
  readonly runtime: Runtime;
  /** Whether there is nothing to fall back on: what cannot be replayed is then an error. */
  readonly required: boolean;
  /** Bytes that the replay may take for states of past steps; a GiB by default. */
  readonly memory?: number | undefined;
}

/** Above this many seconds a replay is announced. */
const ANNOUNCED = 30;

/** What going back over the steps takes, beside going over them once: as much again, and a little for each direction. */
const WAY_BACK = 1.5;

/** Replays the run once γ is asked for, and gives it up where that cannot be done. */
export function exactGammas(request: ExactGammasRequest): ExampleGammas {
  return {
    of: async (asked) => {
      await checkWhatIsReplayed(request);
      try {
        return await replayed(request, asked);
      } catch (error) {
        if (request.required || !(error instanceof InputError)) throw error;
        request.onNotice?.(
          `what a batch did is split in equal parts among its examples (\`split\` batch): ${error.message}`,
        );
        return undefined;
      }
    },
  };
}

/** @throws InputError for a file that is missing or was changed: that is no reason to say something else instead */
async function checkWhatIsReplayed({ runDirectory, manifest }: ExactGammasRequest): Promise<void> {
  const checkpoints = manifest.checkpoints.flatMap(({ model, state }) => [model, state]);
  await checkRunFiles(runDirectory, recordsOf(manifest, [RUN_FILES.initial, RUN_FILES.sampleWeights, ...checkpoints]));
}

async function replayed(
  request: ExactGammasRequest,
  asked: ExampleGammaRequest,
): Promise<readonly LayerExampleGammas[] | undefined> {
  const { runDirectory, manifest, data, onProgress, onNotice, memory = REPLAY_MEMORY } = request;
  const onStep = announced(manifest.steps, onNotice);
  const opened = await openRun({
    ...{ runDirectory, manifest, dataSpec: data, runtime: request.runtime, onNotice },
    withTest: false,
  });
  const { runtime } = opened;
  const replay = await replayRun(opened, manifest, {
    memory,
    onNotice,
    onProgress: (what, done, total) => {
      onStep(done);
      onProgress?.(what, done, total);
    },
  });
  try {
    // Each step of a loop that training rolls up is a layer of its own.
    const isRolledUp = hasScan(graphOf(opened.classifier.model));
    const place = { ...opened, runDirectory, onNotice: undefined };
    const classifier = isRolledUp
      ? await openForTraining(opened.model, runDirectory, place, opened.train, { isPrepared: true, rollsUp: false })
      : opened.classifier;
    return await exactSplit({
      replay,
      classifier: { ...classifier, normalization: manifest.input.normalization },
      runtime,
      memory: memoryForCotangents(memory),
      mayTakeLong: request.required,
      onProgress: (steps, total) => onProgress?.('splitting batches', steps, total),
    }).of(asked);
  } finally {
    await replay.release();
  }
}

/** Says, once a replay has gone on for a while, how long all of it takes, where that is long. */
function announced(steps: number, onNotice: Notice | undefined): (done: number) => void {
  const began = performance.now();
  let isDue = true;
  return (done) => {
    const seconds = (performance.now() - began) / 1000;
    if (!isDue || seconds < 2) return;
    isDue = false;
    const all = (1 + WAY_BACK) * seconds * (steps / done);
    if (all < ANNOUNCED) return;
    const long = all < 90 ? `${Math.round(all)} s` : `${Math.round(all / 60)} min`;
    onNotice?.(
      `the training is replayed to tell the examples of each batch apart, about ${long} or more; \`split\` batch does without`,
    );
  };
}
