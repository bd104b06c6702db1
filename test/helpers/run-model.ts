/** Running models and comparing what they compute. */
import { expect } from '@jest/globals';
import { GraphBuilder, makeNode, type Attributes } from '../../src/graph/builder.js';
import { encodeModel } from '../../src/onnx/codec.js';
import { onnx, type Model } from '../../src/onnx/model.js';
import { validateModel } from '../../src/onnx/validate.js';
import { nodeRuntime } from '../../src/runtime/node.js';
import type { SessionOptions } from '../../src/runtime/runtime.js';
import { toNumbers, type Tensor } from '../../src/tensor.js';

/** Single-threaded, so that sums are always taken in the same order. */
export const runtime = nodeRuntime({ threads: 1 });

/** The model's outputs, after a check of its structure. ONNX Runtime's own rewrites are off: they alter rounding. */
export async function runModel(
  model: Model,
  feeds: Readonly<Record<string, Tensor>>,
  options: SessionOptions = { optimization: 'disabled' },
): Promise<Record<string, Tensor>> {
  validateModel(model, 'test model');
  const session = await runtime.createSession(encodeModel(model), options);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Fails unless both models compute the same from the same feeds: to the bit, or within a relative tolerance. */
export async function expectSameOutputs(
  actual: Model,
  expected: Model,
  feeds: Readonly<Record<string, Tensor>>,
  tolerance = 0,
): Promise<void> {
  const [got, want] = [await runModel(actual, feeds), await runModel(expected, feeds)];
  expect(Object.keys(got)).toEqual(Object.keys(want));
  expect(Object.keys(want).length).toBeGreaterThan(0);
  for (const [name, tensor] of Object.entries(want)) {
    expect([name, got[name]!.type, ...got[name]!.dims]).toEqual([name, tensor.type, ...tensor.dims]);
    if (tensor.type === 'string') expect(got[name]!.data).toEqual(tensor.data);
    else expect(toNumbers(got[name]!)).toBeAllClose(toNumbers(tensor), { relative: tolerance });
  }
}

/** What a model of one node is made of. */
export interface OneNode {
  readonly op: string;
  /** Operands in order, as graph inputs; undefined for an omitted one. */
  readonly inputs: readonly (Tensor | undefined)[];
  readonly attributes?: Attributes;
  /** Names of the outputs; `''` for an omitted one. */
  readonly outputs?: readonly string[];
  /** Operands that are weights rather than inputs. */
  readonly weights?: readonly number[];
  readonly opset?: number;
}

/** A model of one node, and feeds for it. */
export function oneNodeModel(given: OneNode): { model: Model; feeds: Record<string, Tensor> } {
  const { op, inputs, attributes = {}, outputs = ['y'], weights = [], opset = 18 } = given;
  const g = new GraphBuilder({ opset });
  const feeds: Record<string, Tensor> = {};
  const names = inputs.map((tensor, i) => {
    if (!tensor) return '';
    const name = `x${i}`;
    if (weights.includes(i)) return g.initializer(name, tensor);
    feeds[name] = tensor;
    return g.input(name, tensor.type, tensor.dims);
  });
  g.add(makeNode(op, names, outputs, attributes));
  // ONNX Runtime infers their types.
  for (const name of outputs) if (name) g.graph.output.push(new onnx.ValueInfoProto({ name }));
  return { model: g.model(), feeds };
}
