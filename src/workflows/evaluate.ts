/** From a run to a folder with result.json, a CSV file and a report of how well methods explain it. */
import { withDefaults } from '../defaults.js';
import { checkEvaluation, evaluate, EVALUATE_DEFAULTS, type EvaluateOptions } from '../evaluate/evaluate.js';
import { evaluateLists } from '../lists/evaluate.js';
import { publish } from '../lists/publish.js';
import type { Reporting } from '../progress.js';
import { evaluateReport } from '../report/evaluate/report.js';
import type { EvaluateResult } from '../results/evaluate.js';
import { openResultFolder } from '../results/result-folder.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readManifest } from '../run/manifest-file.js';
import type { Runtime } from '../runtime/runtime.js';
import { withoutTimes } from '../results/without-times.js';
import { WHOLE, type Division } from '../shards/division.js';
import { factsOf } from './facts-of.js';
import { listContext } from './list-context.js';
import { checkMemory, openRun, REPLAY_MEMORY } from './open-run.js';

/** A run, how it is judged, and the folder for what is found. */
export interface EvaluateFolderRequest extends Reporting {
  readonly runDirectory: string;
  /** The training data, where they are no longer where the run says. */
  readonly data?: string | undefined;
  /** Folder for `result.json`, `figures.csv`, `index.html` and the plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly options?: Partial<EvaluateOptions>;
  /** Bytes that states of past steps, cotangents and effects may take; a GiB by default. */
  readonly memory?: number | undefined;
  /** Go on where the replay is not the recorded training to the bit. */
  readonly allowDrift?: boolean | undefined;
  /** Which trainings and effects are computed here; all by default. */
  readonly division?: Division | undefined;
  readonly runtime: Runtime;
}

/**
 * Judges methods that value training examples on a run, and writes result, CSV and report.
 * @throws InputError when run and data do not fit together, the run cannot be replayed, or the folder cannot be written
 */
export async function evaluateToFolder(request: EvaluateFolderRequest): Promise<EvaluateResult> {
  const {
    runDirectory,
    out,
    runtime,
    onNotice,
    onProgress,
    memory = REPLAY_MEMORY,
    allowDrift,
    division = WHOLE,
  } = request;
  const options = withDefaults(EVALUATE_DEFAULTS, request.options);
  checkEvaluation(options);
  checkMemory(memory);
  const manifest = await readManifest(runDirectory);
  const earlier = earlierResize(runDirectory, manifest);
  if (earlier !== undefined) onNotice?.(earlier);
  const run = await openRun({ runDirectory, manifest, dataSpec: request.data, runtime, onNotice });
  const folder = await openResultFolder(out, { force: request.force ?? false, reads: [run.train.path] });
  division.madeFrom(factsOf(manifest));
  const evaluated = await evaluate({
    division,
    run: { ...run, manifest, allowDrift },
    classifier: { ...run.classifier, normalization: manifest.input.normalization },
    options,
    memory,
    provenance: {
      model: manifest.model,
      data: { spec: manifest.data.spec, fingerprint: manifest.data.fingerprint },
      options: {
        run: runDirectory,
        protocol: [...options.protocols],
        methods: [...options.methods],
        queries: options.queries,
        keep: [...options.keep],
        subsets: options.subsets,
        'fresh-order': options.freshOrder,
        removals: options.removals,
        noise: options.noise,
        memory: Math.round(memory / 2 ** 20),
        'allow-drift': allowDrift ?? false,
        seed: options.seed,
      },
      classNames: [...manifest.data.classNames],
    },
    onNotice,
    onProgress,
  });
  const result = division.kind === 'merge' ? withoutTimes(evaluated) : evaluated;
  const report = await evaluateReport(result);
  await publish(folder, result, evaluateLists(result, listContext(result.classNames, run.train)), report);
  return result;
}
