/** What is at hand while loops are rolled up. */
import { encodeTensor } from '../../onnx/tensor-proto.js';
import type { Graph, Node, StoredTensor } from '../../onnx/model.js';
import { int64, type Tensor } from '../../tensor.js';
import { makeNode } from '../builder.js';
import type { NameMaker } from '../rewrite.js';
import type { Values, ValueType } from '../values.js';

/** What rolling up works on. */
export interface Rolling {
  readonly graph: Graph;
  readonly fresh: NameMaker;
  readonly values: Values;
  readonly producer: ReadonlyMap<string, Node>;
  /** Weights, which have to stay what they are. */
  readonly learned: ReadonlySet<string>;
  /** What is known of values that were not there before. */
  readonly added: Map<string, ValueType>;
  /** Tensors that were not there before. */
  readonly constants: StoredTensor[];
}

/** A constant of the graph. */
export function constant(tensor: Tensor, { fresh, constants }: Rolling): string {
  const name = fresh('rolled-up/constant');
  constants.push(encodeTensor(name, tensor));
  return name;
}

/** A node that adds an axis, or takes one away. */
export function changeAxis(op: string, from: string, axis: number, to: string, rolling: Rolling): Node {
  return makeNode(op, [from, constant(int64([axis]), rolling)], [to]);
}

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
/** A list without gaps; undefined where it has some. */
export function complete<T>(list: readonly (T | undefined)[]): readonly T[] | undefined {
  const found = list.flatMap((each) => (each === undefined ? [] : [each]));
  return found.length === list.length ? found : undefined;
}
