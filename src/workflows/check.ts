/** From a model file and a baseline to a verdict, or to a new baseline. */
import { access, appendFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Baseline } from '../check/baseline.js';
import { makeBaseline } from '../check/baseline.js';
import { readBaseline, writeBaseline } from '../check/baseline-file.js';
import { judge, partsNeeded, takesTheSame } from '../check/check.js';
import { junitXml } from '../check/formats/junit.js';
import { markdown } from '../check/formats/markdown.js';
import { measure, type CheckedModel, type Measurement, type PartName } from '../check/measure.js';
import { chooseProbes, probesAgain, type Probes, type ProbeSource } from '../check/probes.js';
import {
  settingsFrom,
  parseConfig,
  type CheckConfig,
  type CheckSettings,
  type SettingFlags,
} from '../check/settings.js';
import { portText, signatureOf } from '../check/signature.js';
import { trainingPoints, type TrainingPoints } from '../check/training-points.js';
import { attempt, type Part } from '../check/unavailable.js';
import type { Size } from '../data/dataset.js';
import { metadataNormalization, normalizationFor } from '../data/model-normalization.js';
import type { Normalization } from '../data/normalization.js';
import { printable } from '../data/printable.js';
import { InputError } from '../errors.js';
import { explainFileError, readBytes, sha256, writeAtomically } from '../files.js';
import { decodeModel, encodeModel } from '../onnx/codec.js';
import { loadExternalData, storedTensors } from '../onnx/external-data.js';
import { onnx } from '../onnx/model.js';
import { validateModel } from '../onnx/validate.js';
import type { CheckResult } from '../results/check.js';
import { schemaVersion, sign } from '../results/header.js';
import { writeResult } from '../results/result-file.js';
import type { Runtime } from '../runtime/runtime.js';
import { webRuntime } from '../runtime/web.js';
import { TOOL } from '../tool.js';

/** Configuration that is read from the current folder when none is named. */
export const CONFIG_FILE = 'onnx-explain.config.json';

/** What the user asked for. */
export interface CheckRequest {
  readonly modelPath: string;
  readonly baselinePath: string;
  /** The probes' data set; where the baseline says unless told. */
  readonly data?: string | undefined;
  readonly resize?: Size | undefined;
  readonly channels?: 1 | 3 | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** A configuration file; `onnx-explain.config.json` of the current folder where there is one. */
  readonly config?: string | undefined;
  readonly flags: SettingFlags;
  readonly runtime: Runtime;
  readonly onNotice?: (line: string) => void;
  readonly onProgress?: (what: string) => void;
}

/** Where a verdict is written besides. */
export interface CheckReports {
  /** A folder for result.json. */
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
  readonly markdown?: string | undefined;
  /** A file that Markdown is appended to: GitHub's summary of a job. */
  readonly summary?: string | undefined;
}

/** What --update-baseline did. */
export interface BaselineUpdate {
  readonly model: { readonly path: string; readonly sha256: string };
  readonly baseline: string;
  readonly probes: number;
  /** What could not be recorded, and why. */
  readonly missing: readonly string[];
}

/**
 * Checks a model against a baseline.
 * @throws InputError for a model that does not load, a baseline that cannot be used, and probes that changed
 */
export async function checkModel(request: CheckRequest): Promise<CheckResult> {
  const { modelPath, baselinePath, runtime } = request;
  const began = performance.now();
  const settings = await readSettings(request);
  const baseline = await readBaseline(baselinePath);
  const file = await readCheckedModel(modelPath, runtime);
  refuseOtherFamily(file, baseline, request);
  const { source } = baseline.probes;
  const probes = await probesAgain(source, baseline.signature.inputs, request.data, request.onNotice);
  if (probes.sha256 !== baseline.probes.sha256) {
    const where = probes.source.kind === 'random' ? 'the made-up inputs' : printable(probes.source.spec);
    throw new InputError(
      `${where}: the probes are not those of ${printable(baselinePath)} (their hash differs): the data have changed; restore them, or take a new baseline with \`updateBaseline\``,
    );
  }
  const parts = partsNeeded(settings);
  const training = parts.has('points') ? await trainingPointsAgain(baseline, probes.source) : undefined;
  if (!training) parts.delete('points');
  const candidate = await measure({
    file,
    probes,
    training,
    normalization: effectiveNormalization(file, request, baseline.preprocessing),
    parts,
    methods: 'value' in baseline.maps ? baseline.maps.value.map(({ method }) => method) : settings.methods,
    traced: baseline.traced,
    decided: { rule: baseline.rule, classes: baseline.decisions.map((each) => each.class) },
    runtime,
    webRuntime,
    onProgress: request.onProgress,
  });
  const rules = judge({ baseline, candidate, probes }, settings);
  return {
    kind: 'check',
    schemaVersion,
    tool: TOOL,
    model: { path: modelPath, sha256: file.sha256 },
    data: {
      spec: probes.source.kind === 'random' ? `made up, seed ${probes.source.seed}` : probes.source.spec,
      fingerprint: probes.sha256,
    },
    options: {
      preset: settings.preset,
      rules: Object.fromEntries(
        settings.rules.map(({ rule, level, optional, limits }) => [rule.name, { level, optional, ...limits }]),
      ),
    },
    sign,
    classNames: [...probes.classNames],
    baseline: { path: baselinePath, model: baseline.file, sha256: baseline.sha256 },
    preset: settings.preset,
    verdict: rules.some(({ blocks }) => blocks) ? 'regression' : 'pass',
    probes: probes.count,
    seconds: (performance.now() - began) / 1000,
    rules,
  };
}

/** The training points of a baseline; undefined where it has none. @throws InputError when they changed */
async function trainingPointsAgain(
  { points }: Baseline,
  source: ProbeSource,
): Promise<Part<TrainingPoints> | undefined> {
  if ('problem' in points) return undefined;
  const found = await attempt(() => trainingPoints(source, points.value.indices));
  if ('value' in found && found.value.sha256 !== points.value.sha256) {
    const where = 'spec' in source ? printable(source.spec) : 'the training data';
    throw new InputError(
      `${where}: the training examples are not those of the baseline (their hash differs): the data have changed; restore them, or take a new baseline with \`updateBaseline\``,
    );
  }
  return found;
}

/** Writes a verdict's reports, each whole or not at all. @throws InputError when a file cannot be written */
export async function writeReports(result: CheckResult, reports: CheckReports): Promise<void> {
  const inputs = { model: result.model.path, baseline: result.baseline.path };
  const file = reports.out === undefined ? undefined : join(reports.out, 'result.json');
  await refuseOverwriting(file, '`out`', inputs);
  await refuseOverwriting(reports.junit, '`junit`', inputs);
  await refuseOverwriting(reports.markdown, '`markdown`', inputs);
  if (file !== undefined) await writeResult(file, result);
  if (reports.junit !== undefined) await writeAtomically(reports.junit, junitXml(result));
  if (reports.markdown !== undefined) await writeAtomically(reports.markdown, markdown(result));
  if (reports.summary !== undefined) {
    await appendFile(reports.summary, markdown(result)).catch((error: unknown) => {
      throw explainFileError(error, reports.summary!);
    });
  }
}

/** What is recorded of an accepted model. */
const RECORDED: ReadonlySet<PartName> = new Set(['repeat', 'layers', 'maps', 'points', 'speed', 'memory']);

/** @throws InputError when what is to be written is what was read */
async function refuseOverwriting(
  path: string | undefined,
  flag: string,
  inputs: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const real = (file: string) => realpath(file).catch(() => resolve(file));
  for (const [what, input] of Object.entries(inputs)) {
    if (path === undefined || input === undefined || (await real(path)) !== (await real(input))) continue;
    throw new InputError(`${flag} ${printable(path)}: is the ${what}, which would be lost; name another file`);
  }
}

/**
 * Takes a baseline of a model and writes it. Probes stay those of the baseline that is replaced, unless others are asked for.
 * @throws InputError for a model that cannot be a baseline: it does not load, or gives NaN, or not the same twice
 */
export async function updateBaseline(request: CheckRequest): Promise<BaselineUpdate> {
  const { modelPath, baselinePath, runtime } = request;
  await refuseOverwriting(baselinePath, '`baseline`', { model: modelPath, data: request.data });
  const settings = await readSettings(request);
  const file = await readCheckedModel(modelPath, runtime);
  const former = await formerBaseline(request);
  const keepsProbes =
    former !== undefined && request.data === undefined && takesTheSame(former, { signature: file.signature });
  const probes = keepsProbes
    ? await probesAgain(former.probes.source, file.signature.inputs, undefined, request.onNotice)
    : await chooseProbes(file.signature.inputs, {
        data: request.data,
        count: settings.probes,
        seed: settings.seed,
        resize: request.resize,
        channels: request.channels,
        onNotice: request.onNotice,
      });
  const keptPoints = keepsProbes && 'value' in former.points ? former.points.value.indices : undefined;
  const wanted = keptPoints ?? { count: settings.points, seed: settings.seed };
  const training = await attempt(() => trainingPoints(probes.source, wanted));
  const measured = await measure({
    file,
    probes,
    training,
    normalization: effectiveNormalization(file, request, keepsProbes ? former.preprocessing : undefined),
    parts: RECORDED,
    methods: settings.methods,
    runtime,
    onProgress: request.onProgress,
  });
  refuseBadBaseline(measured, modelPath);
  const made = makeBaseline({ model: file, name: basename(modelPath) }, probes, measured, runtime.name);
  await writeBaseline(baselinePath, made.file, made.arrays);
  const missing = missingParts(measured, probes, settings.points);
  return { model: { path: modelPath, sha256: file.sha256 }, baseline: baselinePath, probes: probes.count, missing };
}

/** What could not be recorded, and what comes of it. @param asked how many training points were asked for */
function missingParts(
  { layers, maps, points, memory, rule }: Measurement,
  { source }: Probes,
  asked: number,
): string[] {
  const why = (what: string, part: Part<unknown> | undefined, then: string) =>
    part && 'problem' in part ? [`${what}: ${part.problem}; ${then}`] : [];
  const fails = 'its rules will fail unless they are `optional`';
  return [
    ...why('layers', layers, fails),
    ...(rule ? why('explanations', maps, fails) : []),
    ...(rule && source.kind === 'data' && asked > 0
      ? why('training points', points, 'decisions are compared without them')
      : []),
    ...why('memory', memory, 'its rule will not run'),
  ];
}

/** The baseline that is about to be replaced, if it can be read. @throws InputError for a file that is something else */
async function formerBaseline({ baselinePath, onNotice }: CheckRequest): Promise<Baseline | undefined> {
  const isThere = await access(baselinePath).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  return readBaseline(baselinePath).catch(async (error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    const text = new TextDecoder().decode((await readBytes(baselinePath)).subarray(0, 64)).trimStart();
    if (text !== '' && !text.startsWith('{')) {
      throw new InputError(
        `${printable(baselinePath)}: is there already, and is no baseline; name another file, or remove it`,
      );
    }
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

/** How pixels become inputs: as flags say, else as the model says, else as it was when the baseline was taken. */
function effectiveNormalization(
  { model }: CheckedModel,
  { mean, std }: CheckRequest,
  former: Normalization | undefined,
): Normalization {
  const own = metadataNormalization(model);
  return normalizationFor(model, {
    mean: mean ?? own.mean ?? former?.mean,
    std: std ?? own.std ?? former?.std,
  });
}

function refuseOtherFamily(file: CheckedModel, baseline: Baseline, { modelPath, baselinePath }: CheckRequest): void {
  if (takesTheSame(baseline, { signature: file.signature })) return;
  const [now, before] = [file.signature.inputs, baseline.signature.inputs].map((ports) =>
    ports.map(portText).join(', '),
  );
  throw new InputError(
    `${modelPath}: takes ${now!}, but ${baselinePath} was taken of ${baseline.file}, which takes ${before!}: a model of another family; name its own baseline, or take one with \`updateBaseline\``,
  );
}

/** Reads a model, loads it, and describes it. */
async function readCheckedModel(path: string, runtime: Runtime): Promise<CheckedModel> {
  const fileBytes = await readBytes(path);
  const model = decodeModel(fileBytes, path);
  const external = new Set<string>();
  for (const stored of storedTensors(model)) {
    if (stored.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) continue;
    external.add(stored.externalData.find(({ key }) => key === 'location')?.value ?? '');
  }
  await loadExternalData(model, dirname(path), path);
  validateModel(model, path);
  let size = fileBytes.length;
  for (const location of external) size += (await stat(join(dirname(path), location))).size;
  // Beside its external data a model can be run from its path only; with them inside, from memory.
  const bytes = external.size > 0 ? encodeModel(model) : fileBytes;
  try {
    const session = await runtime.createSession(bytes);
    try {
      return { path, sha256: sha256(fileBytes), model, bytes, signature: signatureOf(model, session, size) };
    } finally {
      await session.release();
    }
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`, { cause: error }) : error;
  }
}

async function readSettings({ config, flags }: CheckRequest): Promise<CheckSettings> {
  return settingsFrom(await readConfig(config), flags);
}

/** Settings take a few thousand bytes. */
const LARGEST_CONFIG = 2 ** 20;

async function readConfig(path: string | undefined): Promise<CheckConfig> {
  const file = path ?? CONFIG_FILE;
  if (path === undefined) {
    const isThere = await stat(file).catch(() => undefined);
    if (!isThere) return {};
  }
  const bytes = await readBytes(file);
  if (bytes.length > LARGEST_CONFIG) throw new InputError(`${file}: ${bytes.length} bytes are too many for settings`);
  const text = new TextDecoder().decode(bytes);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${file}: not JSON (${printable((error as Error).message.replace(/\s+/g, ' '), 120)}); mend it`,
    );
  }
  return parseConfig(parsed, file);
}
