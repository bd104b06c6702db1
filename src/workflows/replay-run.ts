/** A run replayed for a command: it says how far it is, and where the replay is not what was recorded. */
import type { Reporting } from '../progress.js';
import { openReplay } from '../replay/recorded.js';
import type { Replay } from '../replay/replay.js';
import { shortOfMemory } from '../replay/room.js';
import type { RunManifest } from '../run/manifest.js';
import { REPLAY_MEMORY, type OpenedRun } from './open-run.js';

/** How a run is replayed. */
export interface ReplayTelling extends Reporting {
  /** Bytes that states of past steps may take; a GiB by default. */
  readonly memory?: number | undefined;
  /** Go on where the replay is not the recorded training to the bit. */
  readonly allowDrift?: boolean | undefined;
}

/** @throws InputError when the run cannot be replayed */
export async function replayRun(
  run: OpenedRun,
  manifest: RunManifest,
  { memory = REPLAY_MEMORY, allowDrift, onNotice, onProgress }: ReplayTelling,
): Promise<Replay> {
  let replayed = 0;
  const replay = await openReplay(
    { ...run, manifest, memory, allowDrift },
    // Later steps are those of whatever the replay is for, which tells of them itself.
    (steps) => replayed < manifest.steps && onProgress?.('replaying', (replayed += steps), manifest.steps),
  );
  const short = shortOfMemory(memory, replay.room);
  if (short !== undefined) onNotice?.(short);
  if (replay.drift > 0) {
    onNotice?.(
      `the replay is not the recorded training: its weights end ${replay.drift.toExponential(1)} of their norm away`,
    );
  }
  return replay;
}
