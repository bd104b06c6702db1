/** What a check is asked to do. */
import { metadataNormalization, normalizationFor } from '../data/model-normalization.js';
import type { Normalization } from '../data/normalization.js';
import type { Preprocessing } from '../data/preprocessing.js';
import type { Reporting } from '../progress.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Division } from '../shards/division.js';
import type { CheckedModel } from './measure/checked-model.js';
import type { Probes } from './probes/probes.js';
import type { SettingFlags } from './settings/settings.js';

/** The new export, the baseline that it is compared with, and the settings of the check. */
export interface CheckRequest extends Reporting, Preprocessing {
  readonly modelPath: string;
  readonly baselinePath: string;
  /** The probes’ data set; by default it is where the baseline says. */
  readonly data?: string | undefined;
  /** Dimensions of one example, where the model leaves them open and the data do not tell. */
  readonly inputShape?: readonly number[] | undefined;
  /** A configuration file; `onnx-explain.config.json` of the current folder where there is one. */
  readonly config?: string | undefined;
  readonly flags: SettingFlags;
  /** Which probes the model is run on here; all by default. */
  readonly division?: Division | undefined;
  readonly runtime: Runtime;
}

/** How pixels become inputs: as flags say, else as the model says, else as it was when the baseline was taken. */
export function effectiveNormalization(
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

/** Says that mean and std change nothing, where the probes are no pixels; a data set that was opened with them has said so. */
export function noticeIdleNormalization({ mean, std, onNotice }: CheckRequest, { source, arrays }: Probes): void {
  const hasSaid = source.kind === 'data' && (source.mean !== undefined || source.std !== undefined);
  if (!(mean ?? std) || hasSaid || arrays.some(({ data }) => data instanceof Uint8Array)) return;
  onNotice?.('the probes are numbers, which are fed as they are: `mean` and `std` are for pixels');
}
