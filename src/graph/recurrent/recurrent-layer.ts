/** What is at hand where a recurrent layer is written out. */
import type { Graph, Node } from '../../onnx/model.js';
import { elementCount, type Tensor } from '../../tensor.js';
import type { Values } from '../values.js';
import type { Cell, Emit } from './recurrent-cells.js';

/** A layer that is being written out. */
export interface Layer {
  readonly node: Node;
  readonly cell: Cell;
  readonly emit: Emit;
  readonly split: (value: string, count: number, axis?: number) => string[];
  readonly constant: (tensor: Tensor, hint: string) => string;
  /** Marks the nodes that `write` emits as a step, counted from 0, of one direction. */
  readonly inStep: <T>(direction: number, step: number, write: () => T) => T;
  readonly graph: Graph;
  readonly values: Values;
  readonly units: number;
  readonly steps: number;
}

/** A tensor of the layer's type with all elements alike. */
export function filled({ values, node }: Layer, dims: readonly number[], value: number): Tensor {
  const count = elementCount(dims);
  return values.of(node.input[0]!).type === 'float64'
    ? { type: 'float64', dims, data: new Float64Array(count).fill(value) }
    : { type: 'float32', dims, data: new Float32Array(count).fill(value) };
}
