/** The Runtime that runs on onnxruntime-web: WebAssembly, in a browser or in Node. */
import type * as Ort from 'onnxruntime-web';
import { InputError, ModelRefused } from '../errors.js';
import type { ElementType, Tensor } from '../tensor.js';
import { knownShape, type Runtime, type Session, type SessionOptions, type ValueMetadata } from './runtime.js';

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
  const outputs = session.outputMetadata.filter(({ isTensor }) => isTensor).map(describe);
  return {
    inputs: session.inputMetadata.map(describe),
    outputs,
    others: session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name),
    run: async (feeds, fetches) => {
      const inputs: Record<string, Ort.Tensor> = {};
      for (const [name, { type, dims, data }] of Object.entries(feeds)) {
        inputs[name] = new ort.Tensor(type as 'float32', data as Float32Array, dims);
      }
      const results = await session.run(inputs, fetches ?? outputs.map(({ name }) => name));
      const fetched: Record<string, Tensor> = {};
      for (const [name, { type, dims, data }] of Object.entries(results)) {
        fetched[name] = { type: type as ElementType, dims, data };
      }
      return fetched;
    },
    release: () => session.release(),
  };
}

function describe(value: Ort.InferenceSession.ValueMetadata): ValueMetadata {
  if (!value.isTensor)
    throw new InputError(`the input "${value.name}" is not a tensor; export the model with tensors as its inputs`);
  return { name: value.name, type: value.type as ElementType, shape: knownShape(value.shape) };
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
}
