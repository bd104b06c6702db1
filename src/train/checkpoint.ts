/** The state of a training as files: the model as it is, and the optimizer's state as a model of weights only. */
import { join } from '../storage/paths.js';
import { InputError } from '../errors.js';
import { readBytes } from '../files.js';
import { decodeModel, encodeModel, makeModel } from '../onnx/codec.js';
import { encodeModelFiles } from '../onnx/file.js';
import { graphOf, onnx, type Model } from '../onnx/model.js';
import { decodeTensor, encodeTensor } from '../onnx/tensor-proto.js';
import { withWeights } from '../onnx/with-weights.js';
import { markAsOf } from '../run/identity.js';
import { checkpointName, type CheckpointRecord } from '../run/manifest.js';
import type { FileContent } from '../run/run-files.js';
import { weightsIn, type CarriedTensors } from './carried-state.js';
import type { Carried } from './training-graph.js';

/** Where a checkpoint stands. */
export function checkpointAt(step: number): CheckpointRecord {
  const name = checkpointName(step);
  return { step, model: `${name}.onnx`, state: `${name}.state.onnx` };
}

/**
 * A checkpoint as files to write.
 * @param run identifier of the run; both files say that they are of it
 */
export function checkpointFiles(
  run: string,
  step: number,
  model: Model,
  carried: readonly Carried[],
  state: CarriedTensors,
): FileContent[] {
  const record = checkpointAt(step);
  const slots = carried
    .filter(({ weight }) => weight === undefined)
    .map(({ input }) => encodeTensor(input, state[input]!));
  const holder = makeModel(new onnx.GraphProto({ name: 'optimizer-state', initializer: slots }), 18);
  const stopped = withWeights(model, weightsIn(state, carried));
  markAsOf(stopped, run);
  markAsOf(holder, run);
  return [...encodeModelFiles(record.model, stopped), { path: record.state, parts: [encodeModel(holder)] }];
}

/**
 * Reads a checkpoint back.
 * @throws InputError when it does not fit the training
 */
export async function readCheckpoint(
  runDirectory: string,
  record: CheckpointRecord,
  carried: readonly Carried[],
): Promise<CarriedTensors> {
  const modelPath = join(runDirectory, record.model);
  const statePath = join(runDirectory, record.state);
  const stored = new Map<string, onnx.TensorProto>();
  for (const tensor of graphOf(decodeModel(await readBytes(modelPath), modelPath)).initializer) {
    stored.set(tensor.name, tensor);
  }
  for (const tensor of decodeState(await readBytes(statePath), statePath)) stored.set(tensor.name, tensor);
  return Object.fromEntries(
    carried.map(({ input, weight, dims }) => {
      const path = weight === undefined ? statePath : modelPath;
      const tensor = stored.get(weight ?? input);
      if (!tensor) throw new InputError(`${path}: "${weight ?? input}" is missing from the checkpoint`);
      const decoded = decodeTensor(tensor);
      if (decoded.dims.join() !== dims.join()) {
        throw new InputError(
          `${path}: "${weight ?? input}" has shape [${decoded.dims.join(', ')}], expected [${dims.join(', ')}]`,
        );
      }
      return [input, decoded];
    }),
  );
}

function decodeState(bytes: Uint8Array, path: string): onnx.TensorProto[] {
  try {
    return onnx.ModelProto.decode(bytes).graph?.initializer ?? [];
  } catch (error) {
    throw new InputError(`${path}: damaged (${(error as Error).message}); restore it from a copy`, { cause: error });
  }
}
