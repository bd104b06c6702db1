/** What shards of a run's explanations are computed from. */
import type { RunManifest } from '../run/manifest.js';

/** The run as far as it has come, and its training data. */
export function factsOf({ run, steps, model, data }: RunManifest): Record<string, string> {
  return { run: `${run} ${steps} ${model.sha256}`, 'training data': data.fingerprint };
}
