/**
 * The input of a linear layer as columns: one column a position (a pixel of the output, a token, or the example as a
 * whole), so that the layer is the matrix product W F whatever operator computes it.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { intAttribute } from '../../onnx/attributes.js';
import type { TraceableLayer } from '../../graph/layers.js';
import { elementCount, float32 } from '../../tensor.js';

/** How a layer's input becomes columns. */
export interface Columns {
  /** Groups of outputs that see different inputs: those of a convolution. */
  readonly groups: number;
  /**
   * Emits the columns of one example.
   * @param f the layer's input, with a batch of one
   * @returns [groups, inputs, positions]
   */
  readonly emit: (g: GraphBuilder, f: string) => string;
}

/**
 * The columns of a layer.
 * @param inputDims dimensions of the layer's input for one example
 */
export function columnsOf(layer: TraceableLayer, inputDims: readonly number[]): Columns {
  return layer.op === 'Conv' ? windows(layer) : vectors(layer, inputDims.length);
}

/** A matrix product: vectors along one axis of the input; every other axis counts positions. */
function vectors({ axis, columns }: TraceableLayer, rank: number): Columns {
  const along = axis + rank;
  const positions = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== along);
  return {
    groups: 1,
    emit: (g, f) =>
      g.op('Reshape', [g.op('Transpose', [f], { perm: [along, ...positions] }), g.ints([1, columns, -1])]),
  };
}

/** Attributes of a convolution that say where its windows stand. */
const WINDOW = ['kernel_shape', 'strides', 'dilations', 'pads', 'auto_pad'];

/**
 * A convolution: the windows of the input (im2col). They come from a convolution with the same windows whose filters pick
 * one element each, so that padding, strides and dilations are ONNX Runtime's own and no number changes.
 */
function windows({ nodes, weightDims }: TraceableLayer): Columns {
  const node = nodes[0]!;
  const [, channels, ...kernel] = weightDims as [number, number, ...number[]];
  const groups = intAttribute(node, 'group', 1);
  const taps = elementCount(kernel);
  const rows = groups * channels * taps;
  const attributes = node.attribute.filter(({ name }) => WINDOW.includes(name));
  return {
    groups,
    emit: (g, f) => {
      const filters = new Float32Array(rows * taps);
      for (let row = 0; row < rows; row++) filters[row * taps + (row % taps)] = 1;
      const picked = g.op('Conv', [f, g.constant(float32(filters, [rows, 1, ...kernel]))], {
        ...Object.fromEntries(attributes.map((attribute) => [attribute.name, attribute])),
        group: groups * channels,
      });
      return g.op('Reshape', [picked, g.ints([groups, channels * taps, -1])]);
    },
  };
}
