/** The Runtime that runs on onnxruntime-node. */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { InputError, ModelRefused } from '../errors.js';
import type { ElementType, Tensor } from '../tensor.js';
import { hasManyNodes } from './many-nodes.js';
import { knownShape, type Runtime, type Session, type SessionOptions, type ValueMetadata } from './runtime.js';

// Errors come back as exceptions; what ONNX Runtime prints besides would only be noise on the terminal.
ort.env.logLevel = 'fatal';

/**
 * A Runtime on onnxruntime-node.
 * @param defaults options that every session gets unless it says otherwise
 * @throws InputError for an execution provider that ONNX Runtime does not have
 */
export function nodeRuntime(defaults: SessionOptions = {}): Runtime {
  const known = ort.listSupportedBackends().map(({ name }) => name);
  const unknown = defaults.executionProviders?.find((provider) => !known.includes(provider));
  if (unknown !== undefined) {
    throw new InputError(
      `execution provider "${unknown}": ONNX Runtime has ${known.join(', ')} here; choose one of them`,
    );
  }
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
      logSeverityLevel: 4,
      // Independent nodes may then run side by side, and no plan is made of who reuses whose memory: in version 1.30 that takes a
      // minute for 10,000 nodes. What the nodes compute stays the same.
      ...(hasManyNodes(model) ? ({ executionMode: 'parallel', interOpNumThreads: 2 } as const) : {}),
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    });
  } catch (error) {
    const others = options.executionProviders?.filter((provider) => provider !== 'cpu') ?? [];
    const where = others.length === 0 ? '' : ` on ${others.join(', ')}`;
    throw new ModelRefused(`ONNX Runtime refuses the model${where}: ${oneLine(error)}`, { cause: error });
  }
  const outputs = session.outputMetadata.filter(({ isTensor }) => isTensor).map(describe);
  return {
    inputs: session.inputMetadata.map(describe),
    outputs,
    others: session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name),
    run: async (feeds, fetches) => {
      const inputs: Record<string, ort.Tensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(tensor);
      const results = await session.run(inputs, fetches ?? outputs.map(({ name }) => name)).catch((error: unknown) => {
        throw new Error(oneLine(error), { cause: error });
      });
      const fetched: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(results)) fetched[name] = fromOrt(tensor);
      return fetched;
    },
    release: () => session.release(),
  };
}

function describe(value: ort.InferenceSession.ValueMetadata): ValueMetadata {
  if (!value.isTensor)
    throw new InputError(`the input "${value.name}" is not a tensor; export the model with tensors as its inputs`);
  return { name: value.name, type: value.type as ElementType, shape: knownShape(value.shape) };
}

function toOrt({ type, dims, data }: Tensor): ort.Tensor {
  return new ort.Tensor(type as 'float32', data as Float32Array, dims);
}

function fromOrt(tensor: ort.Tensor): Tensor {
  return { type: tensor.type as ElementType, dims: tensor.dims, data: tensor.data };
}

/** Where in its own source ONNX Runtime stood, file and function: nothing that a user could mend anything by. */
const SOURCE_PLACE = /\/onnxruntime_src\/\S+ [^()]*\((?:[^()]|\([^()]*\))*\)(?: const)? /g;

/** More of a reason than this (of an invalid Loop, ONNX Runtime lists every value) is noise. */
const LONGEST_REASON = 600;

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text
    .replace(/\s+/g, ' ')
    .replace(SOURCE_PLACE, '')
    .replace(/^Error: /, '')
    .trim();
  if (line.length <= LONGEST_REASON) return line;
  // What is wrong stands first or last.
  return `${line.slice(0, LONGEST_REASON / 2)} … ${line.slice(-LONGEST_REASON / 2)}`;
}
