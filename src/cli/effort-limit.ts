/** Ends the process when finding out what a file holds takes more of the processor than the file is worth. */
import { Worker } from 'node:worker_threads';
import { watchEfforts } from '../effort.js';

/** Milliseconds of processor that the process may have taken; undefined for no limit. */
export type Deadline = number | undefined;

/**
 * Limits every effort from now on. ONNX Runtime may hold the main thread for as long as it likes, so another one watches the
 * process's own use of the processor: that is the same on a busy machine, where a clock is not.
 */
export function limitEfforts(): void {
  let guard: Worker | undefined;
  let running = 0;
  const setDeadline = (deadline: Deadline) => {
    if (!guard) {
      guard = new Worker(new URL('./effort-guard.js', import.meta.url));
      guard.unref();
    }
    guard.postMessage(deadline);
  };
  watchEfforts((seconds) => {
    // One inside another is a part of it.
    if (running++ === 0) setDeadline(processorTime() + 1000 * seconds);
    return () => {
      if (--running === 0) setDeadline(undefined);
    };
  });
}

/** Milliseconds of processor that this process has taken, on all its threads. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
