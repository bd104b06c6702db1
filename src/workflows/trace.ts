/** From a run directory to a folder with result.json and a report that a person can look at. */
import type { Dataset, Size, Split } from '../data/dataset.js';
import { readInputs } from '../data/input.js';
import { openDataset } from '../data/open-dataset.js';
import type { Preprocessing } from '../data/preprocessing.js';
import { openRemembered } from '../data/remembered.js';
import { InputError } from '../errors.js';
import { listedInTrace } from '../explain/feature-map/listed.js';
import { mapOfClassifier } from '../explain/feature-map/of-classifier.js';
import { traceRun, type TraceRunOptions } from '../explain/trace/trace-run.js';
import { TRACE_DEFAULTS } from '../explain/trace/trace.js';
import { publish } from '../lists/publish.js';
import { traceLists } from '../lists/trace.js';
import type { Notice, Reporting } from '../progress.js';
import { traceReport } from '../report/trace/report.js';
import { openResultFolder } from '../results/result-folder.js';
import type { TraceResult } from '../results/trace.js';
import { earlierResize } from '../run/earlier-resize.js';
import { readManifest } from '../run/manifest-file.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Division } from '../shards/division.js';
import { picturesOf } from './pictures-of.js';
import { exactGammas } from './exact-gammas.js';
import { listContext } from './list-context.js';
import { checkMemory, REPLAY_MEMORY } from './open-run.js';

/** A run, the inputs to explain by it, and the folder for what is found. */
export interface TraceFolderRequest extends Reporting {
  readonly runDirectory: string;
  /** Image files, or `<data>@<index>[,<index>…]`. */
  readonly inputs: readonly string[];
  /** Split that indices count in, `test` by default. */
  readonly inputSplit?: Split;
  /** What image files and examples are brought to; the run's own size and channels by default. */
  readonly resize?: Size | undefined;
  readonly channels?: 1 | 3 | undefined;
  /** The training data, where they are no longer where the run says. */
  readonly data?: string | undefined;
  /** Folder for `result.json`, `index.html` and the plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  readonly options?: TraceRunOptions;
  /** Whether a map of features is made; it is by default. */
  readonly map?: boolean | undefined;
  readonly runtime: Runtime;
  /** Threads that read the log and compute with it; as many as `runtime` has by default. */
  readonly decodeThreads?: number | undefined;
  /**
   * How the γ of a batch is split among its examples: in equal parts, or exactly, by replaying the run, which takes two to
   * three times as long as the training did. By default exactly where the run can be replayed, and else in equal parts, with
   * a notice that says why.
   */
  readonly split?: 'batch' | 'exact' | undefined;
  /** Bytes that a replay may take for states of past steps; a GiB by default. */
  readonly memory?: number | undefined;
  /** Which part of the work is done here; all of it by default. */
  readonly division?: Division | undefined;
}

/**
 * Explains inputs by the training of a model, and writes result and report.
 * @throws InputError when run, inputs and data do not fit together, or the folder cannot be written
 */
export async function traceToFolder(request: TraceFolderRequest): Promise<TraceResult> {
  const { runDirectory, out, runtime, memory = REPLAY_MEMORY } = request;
  checkMemory(memory);
  const manifest = await readManifest(runDirectory);
  const { data, input } = manifest;
  // A replay opens the data and the run once more.
  const onNotice = saidOnce(request.onNotice);
  const earlier = earlierResize(runDirectory, manifest);
  if (earlier !== undefined) onNotice(earlier);
  const last = manifest.epochs.at(-1);
  if (last?.atChance) {
    onNotice(
      `${runDirectory}: after epoch ${last.epoch} the network was at chance, so what shaped its layers explains no decision; train it until it is not`,
    );
  }
  const { normalization, ...reading } = input;
  const preprocessing: Preprocessing = { ...reading, ...normalization };
  const trainSet = await openRemembered(
    data,
    runDirectory,
    { ...preprocessing, split: 'train', onDemand: true, onNotice },
    request.data,
  );
  const inputs = await readInputs(request.inputs, {
    ...preprocessing,
    resize: request.resize ?? input.resize,
    channels: request.channels ?? input.channels,
    onNotice,
    split: request.inputSplit,
    shape: data.kind === 'image' ? data.shape : undefined,
    known: { spec: data.spec, path: trainSet.path },
  });
  const folder = await openResultFolder(out, {
    force: request.force ?? false,
    reads: [...request.inputs, trainSet.path],
  });
  const references = await referenceData(trainSet, preprocessing);
  const { split = splitFor(request.options ?? {}, onNotice) } = request;
  const result = await traceRun(runDirectory, inputs, request.options ?? {}, {
    runtime,
    data: trainSet,
    references,
    exact:
      split === 'batch'
        ? undefined
        : exactGammas({ ...request, manifest, required: request.split === 'exact', onNotice }),
    map:
      request.map === false
        ? undefined
        : (classifier, queries) =>
            mapOfClassifier(
              classifier,
              { data: trainSet, inputs, listed: listedInTrace(queries), seed: manifest.seed },
              runtime,
            ),
    decodeThreads: request.decodeThreads,
    division: request.division,
    onNotice,
    onProgress: request.onProgress,
  });
  const report = await traceReport(result, picturesOf({ train: trainSet }, inputs));
  await publish(folder, result, traceLists(result, listContext(result.classNames, trainSet)), report);
  return result;
}

/** Notices, each of them once. */
function saidOnce(onNotice: Notice | undefined): Notice {
  const said = new Set<string>();
  return (line) => {
    if (!said.has(line)) onNotice?.(line);
    said.add(line);
  };
}

/** How batches are split where nobody says it: exactly, unless examples are ranked by something else than γ. */
function splitFor({ similarity = TRACE_DEFAULTS.similarity }: TraceRunOptions, onNotice: Notice): 'batch' | 'exact' {
  if (similarity === 'dot') return 'exact';
  onNotice(
    `\`similarity\` ${similarity}: each batch is split in equal parts among its examples, as only γ can be split exactly`,
  );
  return 'batch';
}

/**
 * Where reference inputs are drawn from: the test split, or the training split of data that have no other. No step used a
 * test example, while the batches of a training example would be taken for what every input sees.
 */
async function referenceData(trainSet: Dataset, preprocessing: Preprocessing): Promise<Dataset> {
  try {
    // Nothing is said twice: the training split was opened with all notices.
    return await openDataset(trainSet.path ?? trainSet.spec, { ...preprocessing, split: 'test', onDemand: true });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return trainSet;
  }
}
