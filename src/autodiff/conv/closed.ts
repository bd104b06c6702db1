/**
 * A convolution's gradients as operators of our own, for graphs that are differentiated again.
 *
 * ⟨dy, x ⋆ W⟩ is linear in each of x, W and dy, so that its gradients to the three, the convolution itself among them, are
 * each one another's gradients. A lowering hides that: one that makes the examples its channels could not be
 * differentiated at all while their number is open. So the first differentiation leaves the operators `ConvInputGradient`
 * and `ConvWeightGradient` behind, and the second lowers them.
 */
import { makeNode } from '../../graph/builder.js';
import { intAttribute, intsAttribute } from '../../onnx/attributes.js';
import type { Node } from '../../onnx/model.js';
import { elementCount } from '../../tensor.js';
import type { BackwardContext, Gradient } from '../gradient.js';
import { mirroredGeometry } from '../gradients/conv-transpose.js';
import { sumOverChannels } from '../shapes.js';
import { convolve } from './convolve.js';
import { cheapest, convGeometry, sharing, type ConvGeometry } from './geometry.js';
import { NEWEST } from './table.js';

/** Domain of the operators. */
export const CLOSED_DOMAIN = 'onnx-explain.closed';

type Builder = Pick<BackwardContext, 'g'>;

/** dx of x ⋆ W. */
function inputGradient({ g }: Builder, weights: string, dy: string, geometry: ConvGeometry): string {
  const input = (index: number) => (index === 1 ? weights : '');
  return cheapest(NEWEST.input, geometry).emit({ g, dy, input, shared: sharing() }, geometry);
}

/** dW of x ⋆ W. */
function weightGradient({ g }: Builder, x: string, dy: string, geometry: ConvGeometry): string {
  const input = (index: number) => (index === 0 ? x : '');
  return cheapest(NEWEST.weight, geometry).emit({ g, dy, input, shared: sharing() }, geometry);
}

/** The gradients of the operators. */
export const CLOSED: Readonly<Record<string, Gradient>> = {
  /** dx(W, dy), given the gradient λ to it: dW = dW(λ, dy), d(dy) = λ ⋆ W. */
  ConvInputGradient: {
    replaces: true,
    forward: lowered(inputGradient),
    backward: (context) => {
      const { g, input, dy: lambda, needs } = context;
      const geometry = readGeometry(context.node);
      return [
        needs(0) ? weightGradient(context, lambda, input(1), geometry) : undefined,
        needs(1) ? convolve(g, lambda, input(0), geometry) : undefined,
      ];
    },
  },

  /** dW(x, dy), given the gradient Λ to it: dx = dx(Λ, dy), d(dy) = x ⋆ Λ. */
  ConvWeightGradient: {
    replaces: true,
    forward: lowered(weightGradient),
    backward: (context) => {
      const { g, input, dy: lambda, needs } = context;
      const geometry = readGeometry(context.node);
      return [
        needs(0) ? inputGradient(context, lambda, input(1), geometry) : undefined,
        needs(1) ? convolve(g, input(0), lambda, geometry) : undefined,
      ];
    },
  },
};

/** The gradient of Conv that leaves these operators behind. */
export const closedConv: Gradient = {
  backward: (context) => {
    const { dims, input, output, dy, needs } = context;
    const geometry = convGeometry(context);
    return [
      needs(0) ? unlowered(context, 'ConvInputGradient', [input(1), dy], geometry) : undefined,
      needs(1) ? unlowered(context, 'ConvWeightGradient', [input(0), dy], geometry) : undefined,
      input(2) !== '' && needs(2) ? sumOverChannels(context, dy, dims(output(0)).length) : undefined,
    ];
  },
};

/** Likewise of ConvTranspose, which is a convolution read backwards. */
export const closedConvTranspose: Gradient = {
  backward: (context) => {
    const { g, dims, input, output, dy, needs } = context;
    const geometry = mirroredGeometry(context);
    return [
      needs(0) ? convolve(g, dy, input(1), geometry) : undefined,
      needs(1) ? unlowered(context, 'ConvWeightGradient', [dy, input(0)], geometry) : undefined,
      input(2) !== '' && needs(2) ? sumOverChannels(context, dy, dims(output(0)).length) : undefined,
    ];
  },
};

/** Emits one of the operators. */
function unlowered({ g }: Builder, opType: string, inputs: readonly string[], geometry: ConvGeometry): string {
  const output = g.fresh(opType);
  const { kernel, strides, dilations, begins, ends, input, output: sizes, channels, filters, group } = geometry;
  const attributes = { kernel, strides, dilations, begins, ends, input, output: sizes, channels, filters, group };
  const node = makeNode(opType, inputs, [output], attributes);
  node.domain = CLOSED_DOMAIN;
  g.add(node);
  return output;
}

function lowered(emit: typeof inputGradient): Gradient['forward'] {
  return (context) => {
    const { g, node, input, output } = context;
    g.rename(emit(context, input(0), input(1), readGeometry(node)), output(0));
    return {};
  };
}

function readGeometry(node: Node): ConvGeometry {
  const list = (name: string) => intsAttribute(node, name)!;
  const [kernel, output] = [list('kernel'), list('output')];
  return {
    kernel,
    strides: list('strides'),
    dilations: list('dilations'),
    begins: list('begins'),
    ends: list('ends'),
    input: list('input'),
    output,
    channels: intAttribute(node, 'channels', 1),
    filters: intAttribute(node, 'filters', 1),
    group: intAttribute(node, 'group', 1),
    taps: elementCount(kernel),
    places: elementCount(output),
  };
}
