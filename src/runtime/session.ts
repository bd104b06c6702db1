/** A session of ONNX Runtime's own, whose interface is the same in Node and on the web, as ours. */
import type * as Ort from 'onnxruntime-common';
import { InputError } from '../errors.js';
import type { ElementType, Tensor } from '../tensor.js';
import { knownShape, type DeviceTensor, type Feeds, type Session, type ValueMetadata } from './runtime.js';

/**
 * @param errorOf what becomes of an error while it runs
 * @param onDevice outputs that stay where they are computed
 */
export function sessionOf(
  session: Ort.InferenceSession,
  TensorOf: typeof Ort.Tensor,
  errorOf: (error: unknown) => Error,
  onDevice: readonly string[] = [],
): Session {
  const outputs = session.outputMetadata.filter(({ isTensor }) => isTensor).map(describe);
  const run = async (feeds: Feeds, fetches: readonly string[]) => {
    const inputs: Record<string, Ort.Tensor> = {};
    for (const [name, value] of Object.entries(feeds)) {
      inputs[name] =
        'native' in value
          ? (value.native as Ort.Tensor)
          : new TensorOf(value.type as 'float32', value.data as Float32Array, value.dims);
    }
    return session.run(inputs, fetches).catch((error: unknown) => {
      throw errorOf(error);
    });
  };
  return {
    inputs: session.inputMetadata.map(describe),
    outputs,
    others: session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name),
    run: async (feeds, fetches) => {
      const results = await run(feeds, fetches ?? outputs.map(({ name }) => name));
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fetched(value)]));
    },
    ...(onDevice.length === 0
      ? {}
      : {
          runOnDevice: async (feeds: Feeds) => {
            const left: Record<string, DeviceTensor> = {};
            const read: Record<string, Tensor> = {};
            for (const [name, value] of Object.entries(
              await run(
                feeds,
                outputs.map((output) => output.name),
              ),
            )) {
              if (onDevice.includes(name)) left[name] = leftOnDevice(value);
              else read[name] = fetched(value);
            }
            return { left, read };
          },
        }),
    endProfiling: () => session.endProfiling(),
    release: () => session.release(),
  };
}

const fetched = ({ type, dims, data }: Ort.Tensor): Tensor => ({ type: type as ElementType, dims, data });

function leftOnDevice(value: Ort.Tensor): DeviceTensor {
  return { type: value.type as ElementType, dims: value.dims, native: value, dispose: () => value.dispose() };
}

function describe(value: Ort.InferenceSession.ValueMetadata): ValueMetadata {
  if (!value.isTensor)
    throw new InputError(`the input "${value.name}" is not a tensor; export the model with tensors as its inputs`);
  return { name: value.name, type: value.type as ElementType, shape: knownShape(value.shape) };
}
