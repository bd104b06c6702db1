/** How many threads compute: for training that is part of the result, as ONNX Runtime splits sums among them. */
import type { Runtime } from './runtime.js';

/**
 * A runtime with so many threads inside one operator, however many cores there are, unless a session says otherwise: what a
 * training with as many is repeated with, to the bit.
 * @param threads undefined leaves the runtime as it is
 */
export function withThreads(runtime: Runtime, threads: number | undefined): Runtime {
  if (threads === undefined) return runtime;
  return {
    ...runtime,
    threads,
    createSession: (model, options) => runtime.createSession(model, { threads, ...options }),
  };
}
