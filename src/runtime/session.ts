/** A session of ONNX Runtime's own, whose interface is the same in Node and on the web, as ours. */
import type * as Ort from 'onnxruntime-node';
import { InputError } from '../errors.js';
import type { ElementType, Tensor } from '../tensor.js';
import { knownShape, type Session, type ValueMetadata } from './runtime.js';

/** @param errorOf what becomes of an error while it runs */
export function sessionOf(
  session: Ort.InferenceSession,
  TensorOf: typeof Ort.Tensor,
  errorOf: (error: unknown) => Error,
): Session {
  const outputs = session.outputMetadata.filter(({ isTensor }) => isTensor).map(describe);
  return {
    inputs: session.inputMetadata.map(describe),
    outputs,
    others: session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name),
    run: async (feeds, fetches) => {
      const inputs: Record<string, Ort.Tensor> = {};
      for (const [name, { type, dims, data }] of Object.entries(feeds)) {
        inputs[name] = new TensorOf(type as 'float32', data as Float32Array, dims);
      }
      const results = await session.run(inputs, fetches ?? outputs.map(({ name }) => name)).catch((error: unknown) => {
        throw errorOf(error);
      });
      const fetched: Record<string, Tensor> = {};
      for (const [name, { type, dims, data }] of Object.entries(results)) {
        fetched[name] = { type: type as ElementType, dims, data };
      }
      return fetched;
    },
    endProfiling: () => session.endProfiling(),
    release: () => session.release(),
  };
}

function describe(value: Ort.InferenceSession.ValueMetadata): ValueMetadata {
  if (!value.isTensor)
    throw new InputError(`the input "${value.name}" is not a tensor; export the model with tensors as its inputs`);
  return { name: value.name, type: value.type as ElementType, shape: knownShape(value.shape) };
}
