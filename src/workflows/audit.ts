/** From training data (and a model) to a folder with result.json, a CSV file of all examples, and a report. */
import { join } from 'node:path';
import { audit, type AuditOptions } from '../explain/audit/audit.js';
import { checkSettings } from '../explain/representer/fit/fit.js';
import { openLayerData } from '../explain/representer/layer-data.js';
import type { LayerDataRequest } from '../explain/representer/layer-data-request.js';
import { writeAtomically } from '../files.js';
import { auditCsv } from '../report/audit/csv.js';
import { auditReport } from '../report/audit/report.js';
import { checkResultFolder } from '../results/result-folder.js';
import type { AuditResult } from '../results/audit.js';
import { writeResult } from '../results/result-file.js';
import { picturesOf } from './representer.js';

/** The data to audit, a model that judges them, and the folder for what is found. */
export interface AuditRequest extends LayerDataRequest {
  /** Folder for `result.json`, `suspects.csv`, `index.html` and the plots. */
  readonly out: string;
  /** Write into a folder that is not empty. */
  readonly force?: boolean;
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
  const layerData = await openLayerData({ ...request, inputsAsFeatures: true });
  try {
    await checkResultFolder(out, request.force ?? false, [request.modelPath, request.dataSpec]);
    const { result, all } = await audit(layerData, request.options, { runtime, onNotice, onProgress });
    const report = await auditReport(result, picturesOf(layerData, []));
    await writeResult(join(out, 'result.json'), result);
    await writeAtomically(join(out, 'suspects.csv'), auditCsv(all, result.classNames));
    await report.write(out);
    return result;
  } finally {
    await layerData.release();
  }
}
