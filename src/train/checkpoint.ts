/** The state of a training as files: the model as it is, and the optimizer's state as a model of weights only. */
import { join } from 'node:path';
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
import { elementCount, type Tensor } from '../tensor.js';
import type { Carried, TrainingGraph } from './training-graph.js';

/** What is carried from step to step, by the names of the graph's inputs. */
export type CarriedTensors = Readonly<Record<string, Tensor>>;

/**
 * The state before the first step: the model's weights, and zeros.
 * @throws InputError for a weight that is no number, from which nothing can be learnt
 */
export function initialState(model: Model, carried: readonly Carried[]): CarriedTensors {
  const weights = new Map(graphOf(model).initializer.map((stored) => [stored.name, stored]));
  return Object.fromEntries(
    carried.map(({ input, weight, dims }) => {
      const stored = weight === undefined ? undefined : weights.get(weight);
      const zeros = () => ({ type: 'float32' as const, dims, data: new Float32Array(elementCount(dims)) });
      const tensor = stored ? decodeTensor(stored) : zeros();
      if (!(tensor.data as Float32Array).every(Number.isFinite)) {
        throw new InputError(
          `its weight "${weight}" holds a value that is not a number (NaN or infinity); export the model again`,
        );
      }
      return [input, tensor];
    }),
  );
}

/** A state before the first step, with what the factors of updates start from. */
export function withSubspaces(state: CarriedTensors, { subspaces }: Pick<TrainingGraph, 'subspaces'>): CarriedTensors {
  return { ...state, ...Object.fromEntries(subspaces.map(({ input, initial }) => [input, initial()])) };
}

/** The weights in a state, by their names in the model. */
export function weightsIn(state: CarriedTensors, carried: readonly Carried[]): Record<string, Tensor> {
  return Object.fromEntries(carried.flatMap(({ input, weight }) => (weight ? [[weight, state[input]!] as const] : [])));
}

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
