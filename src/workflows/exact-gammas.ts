/** γ of single examples by replaying a run, where that can be done. */
import * as v from 'valibot';
import { InputError } from '../errors.js';
import { exactSplit, gammasFrom, splitUnit, type SplitUnit } from '../explain/influence/exact-split.js';
import type { ExampleGammaRequest, ExampleGammas } from '../explain/trace/example-gammas.js';
import { hasScan } from '../graph/steps/first-steps.js';
import { graphOf } from '../onnx/model.js';
import { memoryForCotangents } from '../replay/room.js';
import type { Notice, Reporting } from '../progress.js';
import type { RunManifest } from '../run/manifest.js';
import { checkRunFiles, recordsOf } from '../run/run-files.js';
import { RUN_FILES } from '../run/manifest.js';
import type { Runtime } from '../runtime/runtime.js';
import { WHOLE, type Division } from '../shards/division.js';
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
  /** Which directions are split here; all by default. */
  readonly division?: Division | undefined;
}

/** Above this many seconds a replay is announced. */
const ANNOUNCED = 30;

/** What going back over the steps takes, beside going over them once: as much again, and a little for each direction. */
const WAY_BACK = 1.5;

/** Replays the run once γ is asked for, and gives it up where that cannot be done. */
export function exactGammas(request: ExactGammasRequest): ExampleGammas {
  const { division = WHOLE, onNotice } = request;
  return {
    of: async (asked) => {
      await checkWhatIsReplayed(request);
      const task = { name: 'exact split', schema, compute: (isOwn: OwnUnits) => unitsOf(request, asked, isOwn) };
      const units = division.units(task)[Symbol.asyncIterator]();
      const first = await units.next();
      if (first.done !== true && 'refused' in first.value) {
        await units.next();
        onNotice?.(
          `what a batch did is split in equal parts among its examples (\`split\` batch): ${first.value.refused}`,
        );
        return undefined;
      }
      return gammasFrom(withFirst(first.value as SplitUnit, units as AsyncIterator<SplitUnit>));
    },
  };
}

type OwnUnits = (unit: number) => boolean;

/** Why there is no split: it stands in the place of all units. */
interface Refusal {
  readonly refused: string;
}

const schema: v.GenericSchema<unknown, SplitUnit | Refusal> = v.union([splitUnit, v.object({ refused: v.string() })]);

/** What was begun, from its first unit on. */
async function* withFirst<T>(first: T, others: AsyncIterator<T>): AsyncGenerator<T> {
  yield first;
  for (let next = await others.next(); next.done !== true; next = await others.next()) yield next.value;
}

async function* unitsOf(
  request: ExactGammasRequest,
  asked: ExampleGammaRequest,
  isOwn: OwnUnits,
): AsyncGenerator<SplitUnit | Refusal> {
  try {
    yield* replayed(request, asked, isOwn);
  } catch (error) {
    if (request.required || !(error instanceof InputError)) throw error;
    if (isOwn(0)) yield { refused: error.message };
  }
}

/** @throws InputError for a file that is missing or was changed: that is no reason to say something else instead */
async function checkWhatIsReplayed({ runDirectory, manifest }: ExactGammasRequest): Promise<void> {
  const checkpoints = manifest.checkpoints.flatMap(({ model, state }) => [model, state]);
  await checkRunFiles(runDirectory, recordsOf(manifest, [RUN_FILES.initial, RUN_FILES.sampleWeights, ...checkpoints]));
}

async function* replayed(
  request: ExactGammasRequest,
  asked: ExampleGammaRequest,
  isOwn: OwnUnits,
): AsyncGenerator<SplitUnit> {
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
    yield* exactSplit({
      replay,
      classifier: { ...classifier, normalization: manifest.input.normalization },
      runtime,
      memory: memoryForCotangents(memory),
      mayTakeLong: request.required,
      onProgress: (steps, total) => onProgress?.('splitting batches', steps, total),
    }).units(asked, isOwn);
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
