/**
 * The input of a linear layer as columns: one column per position (a pixel of the output, a token, or the example as a
 * whole), so that the layer is the matrix product W F whatever operator computes it.
 */
import { InputError } from '../../errors.js';
import type { Attributes, GraphBuilder } from '../../graph/builder.js';
import { rolesOf, type Contraction } from '../../graph/contraction.js';
import type { TraceableLayer } from '../../graph/layers.js';
import { intAttribute } from '../../onnx/attributes.js';
import type { Node } from '../../onnx/model.js';
import { elementCount, float32 } from '../../tensor.js';
import { inputsFirst, permuted, unitsFirst, type WeightLayout } from './weight-layout.js';

/** How a layer's input becomes columns. */
export interface Columns {
  /** Groups of outputs that see different inputs: those of a convolution. */
  readonly groups: number;
  /** The order in which the layer's weight is stored. */
  readonly layout: WeightLayout;
  /**
   * Emits the columns of one example.
   * @param f the layer's input, with a batch of one
   * @returns [groups, inputs, positions]
   */
  readonly emit: (g: GraphBuilder, f: string) => string;
}

/**
 * How the input of a layer lies in memory as the vectors that its weight is multiplied with.
 * @param inputDims dimensions of the layer's input for one example
 */
export function columnsOf(layer: TraceableLayer, inputDims: readonly number[]): Columns {
  if (layer.contraction) return contracted(layer, layer.contraction, inputDims);
  if (layer.op === 'Conv') return windows(layer);
  return layer.op === 'ConvTranspose' ? spread(layer) : vectors(layer, inputDims.length);
}

/** A matrix product: vectors along one axis of the input; every other axis counts positions. */
function vectors({ axis, columns, transposed }: TraceableLayer, rank: number): Columns {
  const along = axis + rank;
  const positions = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== along);
  return {
    groups: 1,
    layout: transposed ? inputsFirst : unitsFirst,
    emit: (g, f) =>
      g.op('Reshape', [g.op('Transpose', [f], { perm: [along, ...positions] }), g.ints([1, columns, -1])]),
  };
}

/** A sum over named axes: those that are no part of the weight count positions. */
function contracted({ name }: TraceableLayer, contraction: Contraction, inputDims: readonly number[]): Columns {
  const roles = rolesOf(contraction, inputDims.length);
  const { weightDims } = contraction;
  const axesOf = (labels: readonly string[]) => labels.map((label) => roles!.weight.indexOf(label));
  const sizes = roles ? axesOf([...roles.groups, ...roles.inputs]).map((axis) => weightDims[axis]!) : [];
  const places = roles ? [...roles.groups, ...roles.inputs].map((label) => roles.input.indexOf(label)) : [];
  if (!roles || places.some((axis, i) => inputDims[axis] !== 1 && inputDims[axis] !== sizes[i])) {
    throw new InputError(
      `layer "${name}": its input [${inputDims.join(', ')}] is spread over its weight [${weightDims.join(', ')}], which ` +
        'cannot be traced; choose others with `layer`',
    );
  }
  const positions = inputDims.flatMap((_, axis) => (places.includes(axis) ? [] : [axis]));
  const groups = elementCount(sizes.slice(0, roles.groups.length));
  return {
    groups,
    layout: permuted(weightDims, axesOf(roles.groups), axesOf(roles.units), axesOf(roles.inputs)),
    emit: (g, f) => {
      const sorted = g.op('Transpose', [f], { perm: [...places, ...positions] });
      const whole = g.op('Expand', [sorted, g.ints([...sizes, ...positions.map(() => 1)])]);
      return g.op('Reshape', [whole, g.ints([groups, elementCount(sizes.slice(roles.groups.length)), -1])]);
    },
  };
}

/**
 * A convolution: the windows of the input (im2col). They come from a convolution with the same windows whose filters pick
 * one element each, so that padding, strides and dilations are ONNX Runtime's own and no number changes.
 */
function windows({ nodes, weightDims }: TraceableLayer): Columns {
  const [, channels, ...kernel] = weightDims as [number, number, ...number[]];
  const groups = intAttribute(nodes[0]!, 'group', 1);
  const taps = elementCount(kernel);
  const rows = groups * channels * taps;
  return {
    groups,
    layout: unitsFirst,
    emit: (g, f) => {
      const filters = g.constant(float32(pickingEach(rows, taps), [rows, 1, ...kernel]));
      const picked = g.op('Conv', [f, filters], inGroups(nodes[0]!, groups * channels));
      return g.op('Reshape', [picked, g.ints([groups, channels * taps, -1])]);
    },
  };
}

/** A transposed convolution: to each element of its output, what each tap of each channel brings there, likewise. */
function spread({ nodes, weightDims }: TraceableLayer): Columns {
  const [channels, units, ...kernel] = weightDims as [number, number, ...number[]];
  const groups = intAttribute(nodes[0]!, 'group', 1);
  const taps = elementCount(kernel);
  return {
    groups,
    layout: permuted([groups, channels / groups, units, taps], [0], [2], [1, 3]),
    emit: (g, f) => {
      const filters = g.constant(float32(pickingEach(channels * taps, taps), [channels, taps, ...kernel]));
      const picked = g.op('ConvTranspose', [f, filters], inGroups(nodes[0]!, channels));
      return g.op('Reshape', [picked, g.ints([groups, (channels / groups) * taps, -1])]);
    },
  };
}

/** Filters that pick one tap each, all taps in turn. */
function pickingEach(filters: number, taps: number): Float32Array {
  const result = new Float32Array(filters * taps);
  for (let filter = 0; filter < filters; filter++) result[filter * taps + (filter % taps)] = 1;
  return result;
}

/** A convolution's attributes, with another number of groups. */
function inGroups({ attribute }: Node, group: number): Attributes {
  return { ...Object.fromEntries(attribute.map((each) => [each.name, each])), group };
}
