/** What is known of every value of a graph: element type, dimensions, and the tensor itself where it is a constant. */
import { InputError } from '../errors.js';
import { tensorAttribute } from '../onnx/attributes.js';
import { cloneModel } from '../onnx/codec.js';
import { graphOf, onnx, type Graph, type Model } from '../onnx/model.js';
import { decodeTensor } from '../onnx/tensor-proto.js';
import type { Runtime } from '../runtime/runtime.js';
import { toNumbers, type ElementType, type Tensor } from '../tensor.js';
import { makeNode, type Dim } from './builder.js';
import { BATCH, measureProbe, probe, PROBES } from './probe.js';

export { BATCH };

/** Type and dimensions of a value. A dimension that follows the batch size is a formula such as `batch` or `4*batch`. */
export interface ValueType {
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

/** Looks values up by name. */
export interface Values {
  /** @throws InputError for a value whose shape could not be found out */
  of(name: string): ValueType;
  has(name: string): boolean;
  /** The tensor behind a weight or Constant node; undefined for anything computed. */
  constant(name: string): Tensor | undefined;
}

/**
 * Finds the type and dimensions of every value by running the model on zeros at two batch sizes: ONNX Runtime is the one
 * authority on shapes, and the result is right for every operator, however a shape is computed inside the graph.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @throws InputError when ONNX Runtime refuses the model or inputs of these dimensions, or a free dimension is not given
 */
export async function inferValues(
  model: Model,
  runtime: Runtime,
  exampleDims: Readonly<Record<string, readonly number[]>> = {},
): Promise<Values> {
  const { others } = await measureProbe(model, runtime, exampleDims);
  const names = graphOf(model).node.flatMap(({ output }) => output.filter((name) => name !== '' && !others.has(name)));
  const wanted = (name: string) => name.endsWith(SHAPE_SUFFIX);
  const { types, feedDims, runs } = await probe(withShapeOutputs(model, names), runtime, exampleDims, wanted);
  const known = new Map<string, ValueType>();
  for (const [name, dims] of feedDims) known.set(name, { type: types.get(name)!, dims });
  for (const name of names) {
    const type = types.get(name);
    if (!type) continue;
    const [first, second] = runs.map((run) => toNumbers(run[shapeOutput(name)]!));
    known.set(name, { type, dims: first!.map((dim, axis) => formula(dim, second![axis]!)) });
  }
  return valuesOf(graphOf(model), known);
}

const SHAPE_SUFFIX = '::shape';
const shapeOutput = (name: string) => `${name}${SHAPE_SUFFIX}`;

/** The model with each value, and its shape, as further outputs. */
function withShapeOutputs(model: Model, names: readonly string[]): Model {
  const probe = cloneModel(model);
  const graph = graphOf(probe);
  const present = new Set(graph.output.map(({ name }) => name));
  for (const name of names) {
    graph.node.push(makeNode('Shape', [name], [shapeOutput(name)]));
    // Types are left for ONNX Runtime to infer.
    if (!present.has(name)) graph.output.push(new onnx.ValueInfoProto({ name }));
    graph.output.push(new onnx.ValueInfoProto({ name: shapeOutput(name) }));
  }
  return probe;
}

/** Solves size = a·batch + c from its values at the two probes. */
function formula(first: number, second: number): Dim {
  if (first === second) return first;
  const slope = (second - first) / (PROBES[1] - PROBES[0]);
  const rest = first - slope * PROBES[0];
  const product = slope === 1 ? BATCH : `${slope}*${BATCH}`;
  return rest === 0 ? product : `${product}${rest > 0 ? '+' : ''}${rest}`;
}

/** The constants of a graph, with what is known of its computed values. */
export function valuesOf(graph: Graph, known: ReadonlyMap<string, ValueType>): Values {
  const stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const constantNodes = new Map(
    graph.node.filter(({ opType }) => opType === 'Constant').map((node) => [node.output[0]!, node]),
  );
  const decoded = new Map<string, Tensor | undefined>();
  const constant = (name: string): Tensor | undefined => {
    if (!decoded.has(name)) {
      const weight = stored.get(name);
      const node = constantNodes.get(name);
      decoded.set(name, weight ? decodeTensor(weight) : node && tensorAttribute(node, 'value'));
    }
    return decoded.get(name);
  };
  return {
    constant,
    has: (name) => known.has(name) || stored.has(name),
    of: (name) => {
      const value = known.get(name) ?? constant(name);
      if (!value) throw new InputError(`the shape of value "${name}" could not be found out`);
      return value;
    },
  };
}
