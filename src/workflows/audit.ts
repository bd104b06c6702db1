/** From a run, or training data (and a model), to a folder with result.json, a CSV file of all examples, and a report. */
import { printable, someOf } from '../data/printable.js';
import { audit, type AuditOptions } from '../explain/audit/audit.js';
import type { RunEvidence, WeightsOfEpochs } from '../explain/audit/evidence/epoch-weights.js';
import { weightsFromLog } from '../explain/audit/evidence/log-weights.js';
import { weightsFromReplay } from '../explain/audit/evidence/replay-weights.js';
import { featureMap } from '../explain/feature-map/feature-map.js';
import { listedInAudit } from '../explain/feature-map/listed.js';
import { featuresOfLayerData } from '../explain/feature-map/of-layer-data.js';
import { checkSettings } from '../explain/representer/fit/fit.js';
import type { LayerDataRequest } from '../explain/representer/layer-data-request.js';
import { openLayerData } from '../explain/representer/layer-data.js';
import { auditLists } from '../lists/audit.js';
import { publish } from '../lists/publish.js';
import { auditReport } from '../report/audit/report.js';
import type { AuditResult } from '../results/audit.js';
import { withoutTimes } from '../results/without-times.js';
import { openResultFolder } from '../results/result-folder.js';
import type { RunManifest } from '../run/manifest.js';
import { heldOutEffects } from './influence.js';
import { listContext } from './list-context.js';
import { openRun } from './open-run.js';
import { picturesOf } from './pictures-of.js';
import { runAsModel } from './run-as-model.js';

/** The data to audit, a model that judges them, and the folder for what is found. */
export interface AuditRequest extends LayerDataRequest {
  /** The run that trained the model: model, data and how they are read are then its own. */
  readonly runDirectory?: string | undefined;
  /** Folder for `result.json`, `suspects.csv`, `index.html` and the plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
  /** Whether a map of features is made; it is by default. */
  readonly map?: boolean | undefined;
  readonly options: AuditOptions;
}

/**
 * Audits training data, and writes result, CSV and report. Without a model, a linear classifier on the inputs judges.
 * @throws InputError when model and data do not fit together, or the folder cannot be written
 */
export async function auditToFolder(request: AuditRequest): Promise<AuditResult> {
  const { out, runtime, onNotice, onProgress } = request;
  // Before anything costly.
  checkSettings(request.options.lambda, request.options);
  const audited =
    request.runDirectory === undefined
      ? { request, weights: undefined, heldOutEffects: undefined }
      : await auditedRun(request, request.runDirectory);
  const { modelPath, dataSpec } = audited.request;
  const layerData = await openLayerData({ ...audited.request, inputsAsFeatures: true });
  try {
    const folder = await openResultFolder(out, { force: request.force ?? false, reads: [modelPath, dataSpec] });
    const { weights, heldOutEffects } = audited;
    const { result: found, all } = await audit(layerData, request.options, {
      ...{ runtime, weights, heldOutEffects, onNotice, onProgress },
    });
    const shown = { data: layerData.examplesFrom, listed: listedInAudit(found), seed: request.options.seed };
    const map = request.map === false ? undefined : await featureMap(featuresOfLayerData(layerData), shown);
    const whole = { ...found, map };
    const result = request.division?.kind === 'merge' ? withoutTimes(whole) : whole;
    const report = await auditReport(result, picturesOf({ train: layerData.pictures }));
    const context = listContext(result.classNames, layerData.examplesFrom);
    await publish(folder, result, auditLists(result, all, context), report);
    return result;
  } finally {
    await layerData.release();
  }
}

/** What a run says of its model and data, and the weights of its epochs. */
async function auditedRun(
  request: AuditRequest,
  runDirectory: string,
): Promise<{ readonly request: AuditRequest } & Required<RunEvidence>> {
  const { request: asModel, manifest, dataSpec } = await runAsModel(request, runDirectory, 'audit a `model`');
  return {
    request: asModel,
    weights: await weightsOf(request, runDirectory, manifest, dataSpec),
    heldOutEffects: () => effectsOnHeldOut(request, runDirectory, manifest, dataSpec),
  };
}

/** Replays the run, and goes back over it once. */
async function effectsOnHeldOut(
  { runtime, onNotice, onProgress }: AuditRequest,
  runDirectory: string,
  manifest: RunManifest,
  dataSpec: string,
): Promise<Float64Array> {
  const run = await openRun({ runDirectory, manifest, dataSpec, runtime, onNotice });
  return heldOutEffects(run, manifest, { onProgress });
}

/** From the log where that has all that was trained, else by training again. */
async function weightsOf(
  { runtime, onNotice }: AuditRequest,
  runDirectory: string,
  manifest: RunManifest,
  dataSpec: string,
): Promise<WeightsOfEpochs> {
  const logged = await weightsFromLog(runDirectory, manifest);
  if (!('unlogged' in logged)) return logged;
  const names = logged.unlogged.map((name) => `"${printable(name)}"`);
  onNotice?.(
    `the log has no exact updates of ${someOf(names)}, which were trained; the run is trained again for the weights of its epochs`,
  );
  return weightsFromReplay(await openRun({ runDirectory, manifest, dataSpec, runtime }), manifest);
}
