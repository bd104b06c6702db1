/** What is no longer done as it was when a run was trained. */
import type { RunManifest } from './manifest.js';

/**
 * A line for whoever reads a run of the first format whose pictures were resized: that was done with another kernel, and
 * nothing in the run can bring it back. Undefined for all other runs.
 */
export function earlierResize(runDirectory: string, { formatVersion, input }: RunManifest): string | undefined {
  if (formatVersion > 1 || !input.resize) return undefined;
  const { width, height } = input.resize;
  return (
    `${runDirectory}: an earlier version brought its pictures to ${width}x${height} with another kernel than this one does, ` +
    'so that pixels differ a little from those it was trained on; train it again, or give pictures that have that size already'
  );
}
