/** What is carried from one call of a training graph to the next, where the runtime keeps it: here, or on a device. */
import { GraphBuilder } from '../graph/builder.js';
import { encodeModel } from '../onnx/codec.js';
import { giveBack } from '../runtime/give-back.js';
import type { DeviceTensor, Feeds, Runtime } from '../runtime/runtime.js';
import type { Tensor } from '../tensor.js';
import type { CarriedTensors } from './checkpoint.js';

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
