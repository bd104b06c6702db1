/** From an accepted model to its baseline. */
import { isDeepStrictEqual } from 'node:util';
import { knownPreprocessing } from '../data/model-normalization.js';
import { look } from '../files.js';
import { basename } from '../storage/paths.js';
import { InputError } from '../errors.js';
import { refuseForeignFile } from '../results/own-file.js';
import { webRuntime } from '../runtime/web.js';
import { asRecorded, baselineOf, makeBaseline, type Baseline } from './baseline/baseline.js';
import { readBaseline, writeBaseline } from './baseline/file.js';
import { BASELINE_HEAD } from './baseline/format.js';
import { judge, partsNeeded, takesTheSame } from './judge.js';
import { readCheckedModel } from './measure/checked-model.js';
import { measureModel, type MeasureRequest, type Measurement, type PartName } from './measure/measure.js';
import { chooseProbes, probesAgain, type Probes, type ProbeSource } from './probes/probes.js';
import { trainingPoints } from './probes/training-points.js';
import { refuseOverwriting } from './reports.js';
import { effectiveNormalization, noticeIdleNormalization, type CheckRequest } from './request.js';
import { readConfig } from './settings/config.js';
import { settingsFrom } from './settings/settings.js';
import { attempt, type Measured } from './unavailable.js';

/** A baseline that was taken: of which model, where it lies, and what it lacks. */
export interface BaselineUpdate {
  readonly model: { readonly path: string; readonly sha256: string };
  readonly baseline: string;
  readonly probes: number;
  /** What could not be recorded, and why. */
  readonly missing: readonly string[];
}

/** What is recorded of an accepted model. */
const RECORDED: ReadonlySet<PartName> = new Set(['repeat', 'layers', 'maps', 'points', 'speed', 'memory']);

/**
 * Takes a baseline of a model and writes it. Probes stay those of the baseline that is replaced, unless others are asked for.
 * @throws InputError for a model that cannot be a baseline: it does not load, or gives NaN, or not the same twice
 */
export async function updateBaseline(request: CheckRequest): Promise<BaselineUpdate> {
  const { modelPath, baselinePath, runtime } = request;
  await refuseOverwriting(baselinePath, '`baseline`', { model: modelPath, data: request.data });
  const configuration = await readConfig(request.config);
  if (configuration?.found)
    request.onNotice?.(`settings are those of ${configuration.path}, found in the current folder`);
  const settings = settingsFrom(configuration, request.flags);
  const file = await readCheckedModel(modelPath, runtime, request.onNotice);
  const former = await formerBaseline(request);
  const keepsProbes =
    former !== undefined &&
    !asksForOthers(request, former.probes.source) &&
    takesTheSame(former, { signature: file.signature });
  const probes = keepsProbes
    ? await probesAgain(former.probes.source, file.signature.inputs, undefined, request.onNotice)
    : await chooseProbes(file.signature.inputs, {
        ...knownPreprocessing(file.model, request),
        data: request.data ?? (former && 'spec' in former.probes.source ? former.probes.source.spec : undefined),
        inputShape: request.inputShape,
        count: settings.probes,
        seed: settings.seed,
        onNotice: request.onNotice,
      });
  noticeIdleNormalization(request, probes);
  const keptPoints = keepsProbes && 'value' in former.points ? former.points.value.indices : undefined;
  const wanted = keptPoints ?? { count: settings.points, seed: settings.seed };
  const training = await attempt(() => trainingPoints(probes.source, wanted));
  const asked: MeasureRequest = {
    file,
    probes,
    training,
    normalization: effectiveNormalization(file, request, keepsProbes ? former.preprocessing : undefined),
    parts: RECORDED,
    methods: settings.methods,
    runtime,
    webRuntime,
    onProgress: request.onProgress,
    onNotice: request.onNotice,
  };
  const measured = await measureModel(asked);
  refuseBadBaseline(measured, modelPath);
  const made = makeBaseline({ model: file, name: basename(modelPath) }, probes, measured, runtime.name);
  const unmeasurable = await failsAgainstItself(asked, made);
  await writeBaseline(baselinePath, { ...made.file, unmeasurable }, made.arrays);
  const missing = [
    ...missingParts(measured, probes, settings.points),
    ...unmeasurable.map(({ rule, reason }) => `${rule}: the model fails it against itself (${reason}); it is left out`),
  ];
  return { model: { path: modelPath, sha256: file.sha256 }, baseline: baselinePath, probes: probes.count, missing };
}

/** Whether the user asks for other probes than a baseline has. */
function asksForOthers(request: CheckRequest, source: ProbeSource): boolean {
  const kept: Partial<Pick<CheckRequest, 'resize' | 'channels' | 'labelColumn' | 'classNames' | 'inputShape'>> = source;
  const differs = (asked: unknown, had: unknown) => asked !== undefined && !isDeepStrictEqual(asked, had);
  return (
    request.data !== undefined ||
    differs(request.resize, kept.resize) ||
    differs(request.channels, kept.channels) ||
    differs(request.labelColumn, kept.labelColumn) ||
    differs(request.classNames, kept.classNames) ||
    differs(request.inputShape, kept.inputShape)
  );
}

/**
 * Measures the model once more, as a check will, and judges it by what was recorded.
 * @returns the rules that it fails, each with what it says
 */
async function failsAgainstItself(
  asked: MeasureRequest,
  { file, arrays }: ReturnType<typeof makeBaseline>,
): Promise<{ rule: string; reason: string }[]> {
  const baseline = baselineOf(file, new Map([...arrays].map(([name, { data }]) => [name, data])));
  const settings = settingsFrom(undefined, {});
  const parts = partsNeeded(settings, baseline);
  if ('problem' in baseline.points) parts.delete('points');
  const again = await measureModel({ ...asked, ...asRecorded(baseline), parts, onNotice: undefined });
  const rules = judge({ baseline, candidate: again, probes: asked.probes }, settings);
  return rules.filter(({ blocks }) => blocks).map(({ rule, sentence }) => ({ rule, reason: sentence }));
}

/** What could not be recorded, and what comes of it. @param asked how many training points were asked for */
function missingParts(
  { layers, maps, points, memory, rule }: Measurement,
  { source }: Probes,
  asked: number,
): string[] {
  const why = (what: string, part: Measured<unknown> | undefined, then: string) =>
    part && 'problem' in part ? [`${what}: ${part.problem}; ${then}`] : [];
  const out = 'its rules are left out';
  return [
    ...why('layers', layers, out),
    ...(rule ? why('explanations', maps, out) : []),
    ...(rule && source.kind === 'data' && asked > 0
      ? why('training points', points, 'decisions are compared without them')
      : []),
    ...why('memory', memory, 'its rule is left out'),
  ];
}

/** The baseline that is about to be replaced, if it can be read. @throws InputError for a file that is something else */
async function formerBaseline({ baselinePath, onNotice }: CheckRequest): Promise<Baseline | undefined> {
  if (!(await look(baselinePath))) return undefined;
  await refuseForeignFile(baselinePath, 'baseline', BASELINE_HEAD);
  return readBaseline(baselinePath).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    onNotice?.(`the old baseline is of no use: ${error.message}`);
    return undefined;
  });
}

function refuseBadBaseline(measured: Measurement, modelPath: string): void {
  const { outputs, repeat } = measured;
  if ('problem' in outputs) throw new InputError(`${modelPath}: ${outputs.problem}; no baseline can be taken of it`);
  const bad = outputs.value.find(({ rows }) => !rows.data.every(Number.isFinite));
  if (bad) throw new InputError(`${modelPath}: output "${bad.name}" holds NaN or infinity; no baseline is taken of it`);
  if (repeat && 'value' in repeat && repeat.value > 1e-5) {
    throw new InputError(
      `${modelPath}: two runs on the same inputs differ (relative error ${repeat.value.toExponential(1)}); export it in inference mode, without dropout`,
    );
  }
}
