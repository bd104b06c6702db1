/** The Runtime that runs on onnxruntime-web: WebAssembly, in a browser or in Node, and WebGPU in a browser. */
import type * as Ort from 'onnxruntime-web';
import { InputError, ModelRefused, oneLine } from '../errors.js';
import type { Runtime, Session, SessionOptions } from './runtime.js';
import { sessionOf } from './session.js';
import { isNoAdapter, NO_ADAPTER, placed } from './webgpu.js';

/**
 * A Runtime on onnxruntime-web. It is loaded when it is first asked for: compiling its WebAssembly takes about a second.
 * @param defaults options that every session gets unless it says otherwise; of `executionProviders`, webgpu and wasm are there
 * @throws InputError when it is not installed, or cannot be loaded
 */
export async function webRuntime(defaults: SessionOptions = {}): Promise<Runtime> {
  let ort: typeof Ort;
  try {
    // The build with the WebGPU of Node has no float64, in which trainings add up; the WebGPU of the other one, kernels in
    // JavaScript, ends with an internal error where a loop hands values on (1.30).
    ort = await (defaults.executionProviders?.includes('webgpu')
      ? import('onnxruntime-web/webgpu')
      : import('onnxruntime-web'));
  } catch (error) {
    const why = isMissing(error) ? 'is not installed' : `could not be loaded (${oneLine(error)})`;
    throw new InputError(`onnxruntime-web ${why}, npm install onnxruntime-web`, { cause: error });
  }
  // More threads need SharedArrayBuffer, which a page has only when it is served with special headers.
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'fatal';
  return {
    name: `onnxruntime-web ${ort.env.versions.web ?? ''}`.trim(),
    provider: defaults.executionProviders?.[0] ?? PROCESSOR,
    threads: 1,
    createSession: (model, options) => createSession(ort, model, { ...defaults, ...options }),
  };
}

const PROCESSOR = 'wasm';

/** It is an optional peer of ours: most never need it, and it takes half as much room again as all else. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes('onnxruntime-web')
  );
}

async function createSession(ort: typeof Ort, given: Uint8Array, options: SessionOptions): Promise<Session> {
  const { model, onDevice, settings } = placed(given, options, PROCESSOR);
  let session: Ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      graphOptimizationLevel: options.optimization ?? 'all',
      ...settings,
      logSeverityLevel: 4,
    });
  } catch (error) {
    const reason = oneLine(error);
    if (isNoAdapter(reason)) throw new InputError(NO_ADAPTER, { cause: error });
    const [, lacking] = /Provider type for (\w+ node with name '[^']+') is not set/.exec(reason) ?? [];
    throw new ModelRefused(
      `onnxruntime-web refuses the model: ${lacking === undefined ? reason : `its WebGPU build, which has no float64, cannot compute the ${lacking}; set \`executionProviders\` to wasm`}`,
      { cause: error },
    );
  }
  return sessionOf(session, ort.Tensor, (error) => new Error(oneLine(error), { cause: error }), onDevice);
}
