/** Having a model say the shapes of its values. */
import { cloneModel } from '../onnx/codec.js';
import { graphOf, onnx, type Model } from '../onnx/model.js';
import { toNumbers, type ElementType } from '../tensor.js';
import { makeNode, type Dim } from './builder.js';
import { BATCH, PROBES, type Runs } from './probe.js';

/** Type and dimensions of a value. A dimension that follows the batch size is a formula such as `batch` or `4*batch`. */
export interface ValueType {
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

const SHAPE_SUFFIX = '::shape';
const shapeOutput = (name: string) => `${name}${SHAPE_SUFFIX}`;

/** Whether an output of `withShapeOutputs` is the shape of a value. */
export const isShapeOutput = (name: string) => name.endsWith(SHAPE_SUFFIX);

/** The model with each of some values, and its shape, as further outputs. */
export function withShapeOutputs(model: Model, names: readonly string[]): Model {
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

/** What the runs of such a model at each of PROBES say of these values; those that are no tensors are left out. */
export function valueTypes(names: readonly string[], { types, runs }: Runs): Map<string, ValueType> {
  const found = new Map<string, ValueType>();
  for (const name of names) {
    const type = types.get(name);
    if (!type) continue;
    const [first, second] = runs.map((run) => toNumbers(run[shapeOutput(name)]!));
    found.set(name, { type, dims: first!.map((dim, axis) => formula(dim, second![axis]!)) });
  }
  return found;
}

/** Solves size = a·batch + c from its values at the two probes. */
function formula(first: number, second: number): Dim {
  if (first === second) return first;
  const slope = (second - first) / (PROBES[1] - PROBES[0]);
  const rest = first - slope * PROBES[0];
  const product = slope === 1 ? BATCH : `${slope}*${BATCH}`;
  return rest === 0 ? product : `${product}${rest > 0 ? '+' : ''}${rest}`;
}
