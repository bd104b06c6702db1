/** From a model file and a baseline to a verdict, or to a new baseline. */
import { access, appendFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Baseline } from '../check/baseline.js';
import { makeBaseline } from '../check/baseline.js';
import { readBaseline, writeBaseline } from '../check/baseline-file.js';
import { judge, partsNeeded, takesTheSame } from '../check/check.js';
import { junitXml } from '../check/formats/junit.js';
import { markdown } from '../check/formats/markdown.js';
import { measure, type CheckedModel, type Measurement, type PartName } from '../check/measure.js';
import { chooseProbes, probesAgain } from '../check/probes.js';
import {
  settingsFrom,
  parseConfig,
  type CheckConfig,
  type CheckSettings,
  type SettingFlags,
} from '../check/settings.js';
import { portText, signatureOf } from '../check/signature.js';
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
      `${where}: the probes are not those of ${printable(baselinePath)} (their hash differs): the data have changed; restore them, or take a new baseline with --update-baseline`,
    );
  }
  const candidate = await measure({
    file,
    probes,
    normalization: effectiveNormalization(file, request, baseline.preprocessing),
    parts: partsNeeded(settings),
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

/** Writes a verdict's reports, whole or not at all. @throws InputError when a file cannot be written */
export async function writeReports(result: CheckResult, reports: CheckReports): Promise<void> {
  if (reports.junit !== undefined) await writeAtomically(reports.junit, junitXml(result));
  if (reports.markdown !== undefined) await writeAtomically(reports.markdown, markdown(result));
  if (reports.summary !== undefined) {
    await appendFile(reports.summary, markdown(result)).catch((error: unknown) => {
      throw explainFileError(error, reports.summary!);
    });
  }
}

/** What is recorded of an accepted model. */
const RECORDED: ReadonlySet<PartName> = new Set(['repeat', 'layers', 'maps', 'speed', 'memory']);

/**
 * Takes a baseline of a model and writes it. Probes stay those of the baseline that is replaced, unless others are asked for.
 * @throws InputError for a model that cannot be a baseline: it does not load, or gives NaN, or not the same twice
 */
export async function updateBaseline(request: CheckRequest): Promise<BaselineUpdate> {
  const { modelPath, baselinePath, runtime } = request;
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
  const measured = await measure({
    file,
    probes,
    normalization: effectiveNormalization(file, request, keepsProbes ? former.preprocessing : undefined),
    parts: RECORDED,
    methods: settings.methods,
    runtime,
    onProgress: request.onProgress,
  });
  refuseBadBaseline(measured, modelPath);
  const made = makeBaseline({ model: file, name: basename(modelPath) }, probes, measured, runtime.name);
  await writeBaseline(baselinePath, made.file, made.arrays);
  const missing = Object.entries({ layers: measured.layers, explanations: measured.maps, memory: measured.memory })
    .filter(([what]) => what !== 'explanations' || measured.rule !== null)
    .flatMap(([what, part]) => (part && 'problem' in part ? [`${what}: ${part.problem}`] : []));
  return { model: { path: modelPath, sha256: file.sha256 }, baseline: baselinePath, probes: probes.count, missing };
}

/** The baseline that is about to be replaced, if it can be read. */
async function formerBaseline({ baselinePath, onNotice }: CheckRequest): Promise<Baseline | undefined> {
  const isThere = await access(baselinePath).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
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
    `${modelPath}: takes ${now!}, but ${baselinePath} was taken of ${baseline.file}, which takes ${before!}: a model of another family; name its own baseline, or take one with --update-baseline`,
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

async function readConfig(path: string | undefined): Promise<CheckConfig> {
  const file = path ?? CONFIG_FILE;
  if (path === undefined) {
    const isThere = await stat(file).catch(() => undefined);
    if (!isThere) return {};
  }
  const text = new TextDecoder().decode(await readBytes(file));
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
