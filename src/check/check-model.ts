/** From a model file and a baseline to a verdict. */
import { printable } from '../data/printable.js';
import { InputError } from '../errors.js';
import type { CheckResult } from '../results/check.js';
import { assembleResult } from '../results/assemble.js';
import { webRuntime } from '../runtime/web.js';
import { asRecorded, type Baseline } from './baseline/baseline.js';
import { readBaseline } from './baseline/file.js';
import { judge, partsNeeded, takesTheSame } from './judge.js';
import { readCheckedModel, type CheckedModel } from './measure/checked-model.js';
import { measureModel } from './measure/measure.js';
import { portText } from './measure/signature.js';
import { probesAgain, type Probes, type ProbeSource } from './probes/probes.js';
import { trainingPoints, type TrainingPoints } from './probes/training-points.js';
import { effectiveNormalization, noticeIdleNormalization, type CheckRequest } from './request.js';
import { readConfig, type Configuration } from './settings/config.js';
import { listedChanges } from './rules/decisions/changed.js';
import { settingsFrom, type CheckSettings } from './settings/settings.js';
import { attempt, type Measured } from './unavailable.js';

/**
 * Checks a model against a baseline.
 * @throws InputError for a model that does not load, a baseline that cannot be used, and probes that changed
 */
export async function checkModel(request: CheckRequest): Promise<CheckResult> {
  return (await checkOnProbes(request)).result;
}

/** A verdict, and the probes that it was reached on. */
export interface Checked {
  readonly result: CheckResult;
  readonly probes: Probes;
}

/**
 * Checks a model as {@link checkModel} does, for those who show the probes too.
 * @throws InputError as it does
 */
export async function checkOnProbes(request: CheckRequest): Promise<Checked> {
  const { modelPath, baselinePath, runtime, division } = request;
  const began = performance.now();
  const configuration = await readConfig(request.config);
  const settings = settingsFrom(configuration, request.flags);
  refuseSilence(settings, configuration);
  const baseline = await readBaseline(baselinePath);
  const file = await readCheckedModel(modelPath, runtime, request.onNotice);
  refuseOtherFamily(file, baseline, request);
  const { source } = baseline.probes;
  const probes = await probesAgain(source, baseline.signature.inputs, request.data, request.onNotice);
  if (probes.sha256 !== baseline.probes.sha256) {
    const where = probes.source.kind === 'random' ? 'the made-up inputs' : printable(probes.source.spec);
    throw new InputError(
      `${where}: the probes are not those of ${printable(baselinePath)} (their hash differs): the data have changed; restore them, or take a new baseline with \`updateBaseline\``,
    );
  }
  noticeIdleNormalization(request, probes);
  const parts = partsNeeded(settings, baseline);
  const training = parts.has('points') ? await trainingPointsAgain(baseline, probes.source) : undefined;
  if (!training) parts.delete('points');
  division?.madeFrom({ model: file.sha256, probes: probes.sha256, baseline: baseline.sha256 });
  const candidate = await measureModel({
    file,
    probes,
    training,
    normalization: effectiveNormalization(file, request, baseline.preprocessing),
    parts,
    methods: settings.methods,
    ...asRecorded(baseline),
    runtime,
    webRuntime,
    division,
    onProgress: request.onProgress,
    onNotice: request.onNotice,
  });
  const context = { baseline, candidate, probes };
  const rules = judge(context, settings);
  const result = assembleResult('check', {
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
    classNames: [...probes.classNames],
    baseline: { path: baselinePath, model: baseline.file, sha256: baseline.sha256 },
    preset: settings.preset,
    configuration: configuration ? { path: configuration.path, found: configuration.found } : null,
    verdict: rules.some(({ blocks }) => blocks) ? 'regression' : 'pass',
    probes: probes.count,
    seconds: division?.kind === 'merge' ? undefined : (performance.now() - began) / 1000,
    rules,
    ...listedChanges(context),
  });
  return { result, probes };
}

/** @throws InputError when no rule is left that could fail */
function refuseSilence({ rules }: CheckSettings, configuration: Configuration | undefined): void {
  if (rules.some(({ level }) => level === 'error')) return;
  const file = configuration && printable(configuration.path);
  throw new InputError({
    file,
    problem: 'no rule is left that could fail: all are switched off, or only warn',
    mend: file === undefined ? 'leave some out of `skip`' : 'leave some on',
  });
}

/** The training points of a baseline; undefined where it has none. @throws InputError when they changed */
async function trainingPointsAgain(
  { points }: Baseline,
  source: ProbeSource,
): Promise<Measured<TrainingPoints> | undefined> {
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

function refuseOtherFamily(file: CheckedModel, baseline: Baseline, { modelPath, baselinePath }: CheckRequest): void {
  if (takesTheSame(baseline, { signature: file.signature })) return;
  const [now, before] = [file.signature.inputs, baseline.signature.inputs].map((ports) =>
    ports.map(portText).join(', '),
  );
  throw new InputError(
    `${modelPath}: takes ${now!}, but ${baselinePath} was taken of ${baseline.file}, which takes ${before!}: a model of another family; name its own baseline, or take one with \`updateBaseline\``,
  );
}
