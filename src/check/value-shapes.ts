/** Shapes of all values of a model at the size of the probes, from one small run. */
import { makeNode } from '../graph/builder.js';
import { nameMaker } from '../graph/rewrite.js';
import { cloneModel, encodeModel } from '../onnx/codec.js';
import { feedsOf, graphOf, onnx, toNumber, type Model } from '../onnx/model.js';
import type { Runtime } from '../runtime/runtime.js';
import { allocate } from '../onnx/element-type.js';
import { elementCount, toNumbers, type ElementType } from '../tensor.js';
import type { Feed } from './probes.js';
import { CouldNotRun } from './unavailable.js';

/** Type and dimensions of a value for a batch of so many examples. */
export interface ValueShape {
  readonly type: ElementType;
  readonly dims: readonly number[];
}

/** What is known of the values of a model. */
export interface ValueShapes {
  /** Size of the batch that the dimensions are for. */
  readonly batch: number;
  of(name: string): ValueShape | undefined;
}

/** Two examples tell a row for each from a single one. */
const BATCH = 2;

/**
 * Runs the model once on two examples of zeros. Unlike `inferValues` it takes the model as it is, a fixed batch included,
 * and asks for no formula in the batch size.
 * @throws InputError, CouldNotRun when the model cannot be run
 */
export async function shapesOf(model: Model, feeds: readonly Feed[], runtime: Runtime): Promise<ValueShapes> {
  const probe = cloneModel(model);
  const graph = graphOf(probe);
  const fresh = nameMaker(probe);
  const declared = new Set(graph.output.map(({ name }) => name));
  const values = graph.node.flatMap(({ output }) => output.filter((name) => name !== ''));
  const shapes = new Map(values.map((name) => [name, fresh(`${name}_shape`)]));
  for (const [name, shape] of shapes) {
    const node = makeNode('Shape', [name], [shape]);
    node.name = fresh(shape);
    graph.node.push(node);
    // Types are left for ONNX Runtime to infer.
    if (!declared.has(name)) graph.output.push(new onnx.ValueInfoProto({ name }));
    graph.output.push(new onnx.ValueInfoProto({ name: shape }));
  }
  const inputs = feedsOf(graph);
  const fixed = toNumber(inputs[0]?.type?.tensorType?.shape?.dim[0]?.dimValue);
  const batch = fixed > 0 ? fixed : BATCH;
  const session = await runtime.createSession(encodeModel(probe), { optimization: 'disabled' });
  try {
    const types = new Map([...session.inputs, ...session.outputs].map(({ name, type }) => [name, type]));
    const known = new Map<string, ValueShape>();
    const tensors = session.inputs.map(({ name, type }, i) => {
      const dims = [batch, ...feeds[i]!.dims.slice(1)];
      known.set(name, { type, dims });
      return [name, { type, dims, data: allocate(type, elementCount(dims)) }] as const;
    });
    const found = await session.run(Object.fromEntries(tensors), [...shapes.values()]).catch((error: unknown) => {
      throw new CouldNotRun(`the model cannot be run on ${batch} examples: ${(error as Error).message}`);
    });
    for (const [name, shape] of shapes) known.set(name, { type: types.get(name)!, dims: toNumbers(found[shape]!) });
    return { batch, of: (name) => known.get(name) };
  } finally {
    await session.release();
  }
}
