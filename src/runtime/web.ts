/** The Runtime that runs on onnxruntime-web: WebAssembly, in a browser or in Node. */
import type * as Ort from 'onnxruntime-web';
import { InputError, ModelRefused, oneLine } from '../errors.js';
import type { Runtime, Session, SessionOptions } from './runtime.js';
import { sessionOf } from './session.js';

/**
 * A Runtime on onnxruntime-web. It is loaded when it is first asked for: compiling its WebAssembly takes about a second.
 * @throws InputError when it cannot be loaded
 */
export async function webRuntime(): Promise<Runtime> {
  let ort: typeof Ort;
  try {
    ort = await import('onnxruntime-web');
  } catch (error) {
    throw new InputError(`onnxruntime-web could not be loaded (${oneLine(error)}); install it with npm`, {
      cause: error,
    });
  }
  // More threads need SharedArrayBuffer, which a page has only when it is served with special headers.
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
  return {
    name: `onnxruntime-web ${ort.env.versions.web ?? ''}`.trim(),
    provider: 'wasm',
    threads: 1,
    createSession: (model, options = {}) => createSession(ort, model, options),
  };
}

async function createSession(ort: typeof Ort, model: Uint8Array, options: SessionOptions): Promise<Session> {
  let session: Ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      graphOptimizationLevel: options.optimization ?? 'all',
      executionProviders: ['wasm'],
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new ModelRefused(`onnxruntime-web refuses the model: ${oneLine(error)}`, { cause: error });
  }
  return sessionOf(session, ort.Tensor, (error) => new Error(oneLine(error), { cause: error }));
}
