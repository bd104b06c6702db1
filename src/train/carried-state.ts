/** What is carried from one step of a training to the next: the weights and the optimizer's state, here or on a device. */
import { GraphBuilder } from '../graph/builder.js';
import { encodeModel } from '../onnx/codec.js';
import { giveBack } from '../runtime/give-back.js';
import type { DeviceTensor, Feeds, Runtime } from '../runtime/runtime.js';
import { InputError } from '../errors.js';
import { graphOf, type Model } from '../onnx/model.js';
import { decodeTensor } from '../onnx/tensor-proto.js';
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

/** A state between two calls. */
export interface CarriedState {
  /** As the next call takes it. */
  readonly feeds: Feeds;
  /** Its numbers; they stay as they are after the state is passed. */
  read(): Promise<CarriedTensors>;
  /** Gives its memory back, unless its numbers were handed out. */
  pass(): void;
}

/** A state that someone else holds too. */
export function givenState(tensors: CarriedTensors): CarriedState {
  return { feeds: tensors, read: () => Promise.resolve(tensors), pass: () => undefined };
}

/** A state that a session has just handed out. */
export function ownState(tensors: CarriedTensors): CarriedState {
  let handedOut = false;
  return {
    feeds: tensors,
    read: () => {
      handedOut = true;
      return Promise.resolve(tensors);
    },
    pass: () => {
      if (!handedOut) giveBack(Object.values(tensors));
    },
  };
}

/** A state that a session has left on its device. It is copied from there when its numbers are asked for. */
export function deviceState(tensors: Readonly<Record<string, DeviceTensor>>, runtime: Runtime): CarriedState {
  let found: Promise<CarriedTensors> | undefined;
  return {
    feeds: tensors,
    read: () => (found ??= copyFrom(tensors, runtime)),
    pass: () => {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    },
  };
}

/** Copies by a graph that only names them anew: asking a value itself for its numbers ends the process (onnxruntime-node 1.30). */
async function copyFrom(
  tensors: Readonly<Record<string, DeviceTensor>>,
  runtime: Runtime,
): Promise<Record<string, Tensor>> {
  const g = new GraphBuilder({ name: 'copy' });
  const named = Object.entries(tensors).map(([name, { type, dims }], i) => {
    g.output(g.rename(g.op('Identity', [g.input(`in${i}`, type, dims)]), `out${i}`), type, dims);
    return name;
  });
  const session = await runtime.createSession(encodeModel(g.model()));
  try {
    const feeds = Object.fromEntries(named.map((name, i) => [`in${i}`, tensors[name]!]));
    const copied = await session.run(feeds);
    return Object.fromEntries(named.map((name, i) => [name, copied[`out${i}`]!]));
  } finally {
    await session.release();
  }
}
