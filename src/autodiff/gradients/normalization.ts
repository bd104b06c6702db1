import { floatAttribute, intAttribute, intsAttribute } from '../../onnx/attributes.js';
import { elementCount } from '../../tensor.js';
import { algebra } from '../algebra.js';
import { axisOf } from '../axes.js';
import { sumToShapeOf } from '../broadcast.js';
import { whereNeeded, type GradientTable, type NodeContext } from '../gradient.js';
import { ofOneInput } from '../pointwise.js';
import { alongChannels, expandLike, reshapeLike, sumOverChannels } from '../shapes.js';
import { standardize } from '../standardize.js';

/** Normalizations: by given statistics, by statistics of the value itself, by what stands around an element. */
export const normalization = {
  /**
   * y = s·(x − m)·r + b with r = (v + ε)^(−½), m and v given (inference form): dx = dy·s·r, ds = r·Σ dy·(x − m),
   * db = Σ dy, dm = −s·r·Σ dy, dv = −½·s·r³·Σ dy·(x − m).
   */
  BatchNormalization: {
    backward: (context) => {
      const { g, node, input, dims, type, dy, needs } = context;
      const [x, scale, mean, variance] = [input(0), input(1), input(3), input(4)];
      const rank = dims(x).length;
      const { add, sub, mul, neg, pow, div, apply } = algebra(g, type(x));
      const root = apply('Sqrt', add(variance, floatAttribute(node, 'epsilon', 1e-5)));
      const gain = div(scale, root);
      const [total, correlation] = [
        needs(2) || needs(3) ? sumOverChannels(context, dy, rank) : '',
        needs(1) || needs(4) ? sumOverChannels(context, mul(dy, sub(x, alongChannels(context, mean, rank))), rank) : '',
      ];
      return whereNeeded(context, [
        () => mul(dy, alongChannels(context, gain, rank)),
        () => div(correlation, root),
        () => total,
        () => neg(mul(gain, total)),
        () => mul(-0.5, div(mul(gain, correlation), pow(root, 2))),
      ]);
    },
  },

  /** y = s·h + b, h = x standardized over the space of each channel: dh = s·dy, ds = Σ dy·h, db = Σ dy. */
  InstanceNormalization: {
    backward: (context) => {
      const { g, input, dims, type, dy } = context;
      const [x, scale] = [input(0), input(1)];
      const rank = dims(x).length;
      const { mul } = algebra(g, type(x));
      const space = Array.from({ length: rank - 2 }, (_, i) => i + 2);
      const { standardized, toInput } = standardize(g, type(x), x, space, epsilonOf(context));
      return whereNeeded(context, [
        () => toInput(mul(dy, alongChannels(context, scale, rank))),
        () => sumOverChannels(context, mul(dy, standardized), rank),
        () => sumOverChannels(context, dy, rank),
      ]);
    },
  },

  /** y = s·h + b, h = x standardized over each group of channels: dh = s·dy, ds = Σ dy·h, db = Σ dy. */
  GroupNormalization: {
    backward: (context) => {
      const { g, node, input, dims, type, dy } = context;
      const [x, scale] = [input(0), input(1)];
      const { mul } = algebra(g, type(x));
      const groups = intAttribute(node, 'num_groups', 1);
      // Up to operator set 20 there is one scale per group, from 21 on one per channel: [N, groups, scales per group, rest].
      const scalesPerGroup = elementCount(dims(scale) as number[]) / groups;
      const blocks = (value: string) => g.op('Reshape', [value, g.ints([0, groups, scalesPerGroup, -1])]);
      const { standardized, toInput } = standardize(g, type(x), blocks(x), [2, 3], epsilonOf(context));
      const dBlocks = blocks(dy);
      const gain = g.op('Reshape', [scale, g.ints([groups, scalesPerGroup, 1])]);
      const total = (value: string) =>
        reshapeLike(context, g.op('ReduceSum', [g.op('ReduceSum', [value, g.ints([3])]), g.ints([0])]), scale);
      return whereNeeded(context, [
        () => reshapeLike(context, toInput(mul(dBlocks, gain)), x),
        () => total(mul(dBlocks, standardized)),
        () => total(dBlocks),
      ]);
    },
  },

  /**
   * y = s·h + b, h = (x − m)·r standardized over the axes from `axis` on: dh = s·dy, ds = Σ dy·h, db = Σ dy; what
   * arrives at the outputs m and r adds dm/n − r²·h·dr/n.
   */
  LayerNormalization: {
    backward: (context) => {
      const { g, input, output, dims, type, outputGradients } = context;
      const [x, scale] = [input(0), input(1)];
      const [dy, dMean, dInverse] = outputGradients;
      const { add, mul, div, neg, cast } = algebra(g, type(x));
      const axes = axesFrom(context);
      const { standardized, inverse, toInput } = standardize(g, type(x), x, axes, epsilonOf(context));

      // Mean and r may be of higher precision than x.
      const shared = (gradient: string, index: number) => {
        const count = g.op('Div', [g.op('Size', [x]), g.op('Size', [gradient])]);
        return div(type(output(index)) === type(x) ? gradient : cast(gradient), cast(count));
      };
      const toX = () => {
        const terms = dy === undefined ? [] : [toInput(mul(dy, scale))];
        if (dMean !== undefined) terms.push(shared(dMean, 1));
        if (dInverse !== undefined) terms.push(neg(mul(standardized, mul(shared(dInverse, 2), mul(inverse, inverse)))));
        return expandLike(context, add(...terms), x);
      };
      const summed = (value: string, operand: number) => sumToShapeOf(context, value, dims(x), input(operand));
      if (dy === undefined) return whereNeeded(context, [toX]);
      return whereNeeded(context, [
        toX,
        () => summed(mul(dy, standardized), 1),
        input(2) === '' ? undefined : () => summed(dy, 2),
      ]);
    },
  },

  /** y = s·h, h = x·r, r = 1/√(mean x² + ε) over the axes from `axis` on: dx = r·(s·dy − h·mean(s·dy·h)), ds = Σ dy·h. */
  RMSNormalization: {
    backward: (context) => {
      const { g, input, dims, type, dy } = context;
      const [x, scale] = [input(0), input(1)];
      const { add, sub, mul, div, apply } = algebra(g, type(x));
      const axes = g.ints(axesFrom(context));
      const mean = (value: string) => g.op('ReduceMean', [value, axes], { keepdims: 1 });
      const inverse = div(1, apply('Sqrt', add(mean(mul(x, x)), epsilonOf(context))));
      const h = mul(x, inverse);
      const toX = () => {
        const dh = mul(dy, scale);
        return mul(inverse, sub(dh, mul(h, mean(mul(dh, h)))));
      };
      return whereNeeded(context, [toX, () => sumToShapeOf(context, mul(dy, h), dims(x), scale)]);
    },
  },

  /** y = x standardized over axes: dx = r·(dy − mean dy − y·mean(dy·y)), r = 1/√variance. */
  MeanVarianceNormalization: {
    backward: ({ g, node, input, type, dy }) => {
      const axes = intsAttribute(node, 'axes') ?? [0, 2, 3];
      // The operator adds 10⁻⁹ to the deviation; 10⁻¹⁸ on the variance likewise only keeps constants from dividing by 0.
      return [standardize(g, type(input(0)), input(0), axes, 1e-18).toInput(dy)];
    },
  },

  /** y = x/‖x‖ₚ along an axis: dx = (dy − u·Σ dy·y)/‖x‖ₚ with u = y for p = 2, sign x for p = 1 (0 where x = 0). */
  LpNormalization: ofOneInput(({ x, y, dy, sub, mul, divOrZero, apply, context }) => {
    const { g, node } = context;
    const axes = g.ints([axisOf(context, -1)]);
    const p = intAttribute(node, 'p', 2);
    const norm = g.op(p === 1 ? 'ReduceL1' : 'ReduceL2', [x, axes], { keepdims: 1 });
    const projection = g.op('ReduceSum', [mul(dy, y), axes], { keepdims: 1 });
    const slope = p === 1 ? apply('Sign', x) : y;
    return divOrZero(sub(dy, mul(slope, projection)), norm);
  }),

  /**
   * y = x·d^(−β), d = k + α/n·Σ x² over the n channels around: dx = dy·d^(−β) − 2αβ/n·x·Σ dy·x·d^(−β−1), summed over the
   * channels that have x among theirs.
   */
  LRN: ofOneInput(({ x, dy, add, sub, mul, div, pow, attribute, context }) => {
    const size = intAttribute(context.node, 'size', 1);
    const [alpha, beta] = [attribute('alpha', 1e-4), attribute('beta', 0.75)];
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const meanAround = (value: string, low: number, high: number) =>
      meanOfChannelsAround(context, value, { size, pads: [low, 0, high, 0] });
    const d = add(attribute('bias', 1), mul(alpha, meanAround(mul(x, x), before, after)));
    const direct = mul(dy, pow(d, -beta));
    const around = meanAround(div(mul(direct, x), d), after, before);
    return sub(direct, mul(2 * alpha * beta, mul(x, around)));
  }),
} satisfies GradientTable;

function epsilonOf({ node }: NodeContext): number {
  return floatAttribute(node, 'epsilon', 1e-5);
}

/** The axes from the attribute `axis` (the last by default) on. */
function axesFrom(context: NodeContext): number[] {
  const first = axisOf(context, -1);
  return context.dims(context.input(0)).flatMap((_, axis) => (axis >= first ? [axis] : []));
}

/** Σ/size over neighbouring channels: an average pooling of [N, 1, C, space]. */
function meanOfChannelsAround(
  context: NodeContext,
  value: string,
  { size, pads }: { readonly size: number; readonly pads: readonly number[] },
): string {
  const { g, input } = context;
  const planes = g.op('Reshape', [g.op('Unsqueeze', [value, g.ints([1])]), g.ints([0, 0, 0, -1])]);
  const attributes = { kernel_shape: [size, 1], pads, count_include_pad: 1 };
  return reshapeLike(context, g.op('AveragePool', [planes], attributes), input(0));
}
