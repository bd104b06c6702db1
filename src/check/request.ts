/** What a check is asked to do. */
import type { Size } from '../data/dataset.js';
import { metadataNormalization, normalizationFor } from '../data/model-normalization.js';
import type { Normalization } from '../data/normalization.js';
import type { Reporting } from '../progress.js';
import type { Runtime } from '../runtime/runtime.js';
import type { CheckedModel } from './measure/checked-model.js';
import type { SettingFlags } from './settings/settings.js';

/** What the user asked for. */
export interface CheckRequest extends Reporting {
  readonly modelPath: string;
  readonly baselinePath: string;
  /** The probes’ data set; by default it is where the baseline says. */
  readonly data?: string | undefined;
  readonly resize?: Size | undefined;
  readonly channels?: 1 | 3 | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** A configuration file; `onnx-explain.config.json` of the current folder where there is one. */
  readonly config?: string | undefined;
  readonly flags: SettingFlags;
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
