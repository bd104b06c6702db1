/**
 * What is done to find out what a file holds, before anybody knows what that takes: a file of a few hundred bytes can ask for
 * hours. Only a host can end native code, so what is done is announced to whoever watches.
 */

/** Watches over efforts; the returned function is called at the end of one. */
export type EffortWatcher = (seconds: number) => () => void;

const watchers = new Set<EffortWatcher>();

/** Has a function called at the beginning of every effort, until the returned one is called. */
export function watchEfforts(watcher: EffortWatcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Seconds of processor for a file of up to so many bytes; larger ones may take as many times more. */
const SECONDS = 18;
const BYTES = 1e6;

/**
 * Does something that a file of this size may ask for. What is announced are the seconds of processor that it is worth.
 * @param times how often it is done
 */
export async function withEffort<T>(bytes: number, action: () => Promise<T>, times = 1): Promise<T> {
  const ends = [...watchers].map((watch) => watch(times * SECONDS * Math.max(1, bytes / BYTES)));
  try {
    return await action();
  } finally {
    for (const end of ends) end();
  }
}
