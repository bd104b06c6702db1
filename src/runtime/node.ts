/** The Runtime that runs on onnxruntime-node. */
import * as ort from 'onnxruntime-node';
import { InputError } from '../errors.js';
import type { ElementType, Tensor } from '../tensor.js';
import type { Runtime, Session, SessionOptions, ValueMetadata } from './runtime.js';

/**
 * A Runtime on onnxruntime-node.
 * @param defaults options that every session gets unless it says otherwise
 */
export function nodeRuntime(defaults: SessionOptions = {}): Runtime {
  return {
    name: `onnxruntime-node ${ort.env.versions.node ?? ''}`.trim(),
    createSession: (model, options) => createSession(model, { ...defaults, ...options }),
  };
}

async function createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      graphOptimizationLevel: options.optimization ?? 'all',
      executionProviders: [...(options.executionProviders ?? ['cpu'])],
      // Errors come back as exceptions; ONNX Runtime's own warnings would only be noise on the terminal.
      logSeverityLevel: 4,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    });
  } catch (error) {
    throw new InputError(`ONNX Runtime refuses the model: ${oneLine(error)}`, { cause: error });
  }
  return {
    inputs: session.inputMetadata.map(describe),
    outputs: session.outputMetadata.map(describe),
    run: async (feeds, fetches) => {
      const inputs: Record<string, ort.Tensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(tensor);
      const results = await session.run(inputs, [...(fetches ?? session.outputNames)]);
      const outputs: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(results)) outputs[name] = fromOrt(tensor);
      return outputs;
    },
    release: () => session.release(),
  };
}

function describe(value: ort.InferenceSession.ValueMetadata): ValueMetadata {
  if (!value.isTensor) throw new InputError(`the value "${value.name}" is not a tensor`);
  return { name: value.name, type: value.type as ElementType, shape: value.shape };
}

function toOrt({ type, dims, data }: Tensor): ort.Tensor {
  return new ort.Tensor(type as 'float32', data as Float32Array, dims);
}

function fromOrt(tensor: ort.Tensor): Tensor {
  return { type: tensor.type as ElementType, dims: tensor.dims, data: tensor.data };
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
}
