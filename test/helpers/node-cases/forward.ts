/** A model's outputs beside the expected ones. */
import type { Tensor } from '../../../src/tensor.js';
import { runtime } from '../gradients/differences.js';
import type { NodeCase } from './archive.js';

/** The difference where ONNX Runtime does not run the model at all. */
export const REFUSED = 'ONNX Runtime refuses it';

/** How the outputs differ from the expected ones; undefined when they do not. */
export async function forwardDifference(given: NodeCase, bytes: Uint8Array): Promise<string | undefined> {
  const session = await runtime.createSession(bytes).catch(() => undefined);
  if (!session) return REFUSED;
  try {
    const feeds = Object.fromEntries(session.inputs.map(({ name }, i) => [name, given.inputs[i]!]));
    const results = await session.run(feeds).catch(() => undefined);
    if (!results) return REFUSED;
    for (const [i, { name }] of session.outputs.entries()) {
      const [actual, expected] = [results[name]!, given.outputs[i]!];
      if (!agree(actual, expected, given)) return `output "${name}" is not what ONNX expects`;
    }
    return undefined;
  } finally {
    await session.release();
  }
}

function agree(actual: Tensor, expected: Tensor, { relative, absolute }: NodeCase): boolean {
  if (actual.dims.join() !== expected.dims.join() || actual.type !== expected.type) return false;
  return Array.from(expected.data as ArrayLike<unknown>).every((value, i) => {
    const found = (actual.data as ArrayLike<unknown>)[i];
    if (Object.is(found, value) || found === value) return true;
    return typeof value === 'number' && Math.abs(Number(found) - value) <= absolute + relative * Math.abs(value);
  });
}
