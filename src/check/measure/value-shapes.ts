/** Shapes of all values of a model at the size of the probes, from one small run. */
import { makeNode } from '../../graph/builder.js';
import { nameMaker } from '../../graph/rewrite.js';
import { appendToGraph } from '../../onnx/codec.js';
import { graphOf, onnx } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { allocate } from '../../onnx/element-type.js';
import { elementCount, toNumbers, type ElementType } from '../../tensor.js';
import type { CheckedModel } from './checked-model.js';
import type { ProbeFeed } from './feeds.js';
import { fixedRows, rowsPerCall } from './run-rows.js';
import { CouldNotRun } from '../unavailable.js';

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
export async function shapesOf(
  { model, bytes }: Pick<CheckedModel, 'model' | 'bytes'>,
  feeds: readonly ProbeFeed[],
  runtime: Runtime,
): Promise<ValueShapes> {
  const graph = graphOf(model);
  const fresh = nameMaker(model);
  const declared = new Set(graph.output.map(({ name }) => name));
  const values = graph.node.flatMap(({ output }) => output.filter((name) => name !== ''));
  const shapes = new Map(values.map((name) => [name, fresh(`${name}_shape`)]));
  const nodes = [...shapes].map(([name, shape]) => {
    const node = makeNode('Shape', [name], [shape]);
    node.name = fresh(shape);
    return node;
  });
  // Values are outputs too, so that their types can be asked for; ONNX Runtime infers them.
  const hidden = [...shapes.keys()].filter((name) => !declared.has(name));
  const output = [...hidden, ...shapes.values()].map((name) => new onnx.ValueInfoProto({ name }));
  const session = await runtime.createSession(appendToGraph(bytes, { node: nodes, output }), {
    optimization: 'disabled',
  });
  try {
    const batch = fixedRows(session) === undefined ? BATCH : rowsPerCall(session, feeds);
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
