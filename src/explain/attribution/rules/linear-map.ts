/** A linear layer as the rules use it: forwards with other inputs and weights, and backwards. */
import { algebra, type Algebra, type Operand } from '../../../autodiff/algebra.js';
import type { BackwardContext, Gradient } from '../../../autodiff/gradient.js';
import { alongChannels } from '../../../autodiff/shapes.js';
import { makeNode } from '../../../graph/builder.js';
import { floatAttribute, intAttribute } from '../../../onnx/attributes.js';
import type { Node } from '../../../onnx/model.js';
import { float32 } from '../../../tensor.js';

/** Where a linear node has its operands. */
export interface LinearNode {
  readonly node: Node;
  /** Place of the data among the inputs. */
  readonly data: number;
  /** Place of the weight among the inputs. */
  readonly weight: number;
  /** The bias: an input of the node, or what an Add of its own adds. */
  readonly bias: string | undefined;
  /** The value W x + b. */
  readonly output: string;
}

/** Forward and backward pieces of one linear layer. */
export interface LinearMap {
  readonly x: string;
  readonly weight: string;
  readonly bias: string | undefined;
  /** W x + b, as the forward pass computed it. */
  readonly y: string;
  /** Elementwise formulas in the layer's type. */
  readonly math: Algebra;
  /** Emits W x + b for other operands. */
  apply(x: string, weight: string, bias?: string): string;
  /** Emits the input's share Wᵀ s of seeds at the output. */
  back(seed: string, weight: string): string;
  /** Emits the same for several weights, at once where that is faster. */
  backEach(seed: string, weights: readonly string[]): string[];
  /** Emits b ⊙ s: what of W x + b, times the seeds, is the bias's; undefined where there is none, or nobody counts it. */
  biasShare(seed: string, bias: string | undefined): string | undefined;
  /** A value for each channel (one for all, or one each) spread over one example of the input. */
  spread(values: readonly number[]): string;
  /**
   * A value for each channel (one for all, or one each), to be multiplied with the weights that the channel is seen through; undefined
   * where they have no axis for the channels.
   */
  perChannel(values: readonly number[]): Operand | undefined;
  /** Relevance of the data, in its place among the node's inputs. */
  atInput(relevance: string): readonly (string | undefined)[];
}

/** The axis of the weights along which the input's channels (its axis 1) lie. */
const CHANNEL_AXIS: Readonly<Record<string, number | undefined>> = { Conv: 1, ConvTranspose: 0 };

/**
 * The pieces of a linear layer.
 * @param gradient the operator's gradient: its product with the transposed weights is what `back` needs
 * @param countsBias whether what the bias takes is wanted
 */
export function linearMap(
  context: BackwardContext,
  layer: LinearNode,
  gradient: Gradient,
  countsBias: boolean,
): LinearMap {
  const { g, type } = context;
  const { node, data, weight: place, bias, output } = layer;
  const [x, weight] = [node.input[data]!, node.input[place]!];
  const attributes = Object.fromEntries(node.attribute.map((attribute) => [attribute.name, attribute]));
  const { opType } = node;
  const beta = opType === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
  const math = algebra(g, type(x));
  const dimsOf = context.dims(x);
  /** @param times how many times the input's channels the weights have, along their axis 1 */
  const back = (seed: string, weights: string, times: number): string => {
    // The weights have another name, and the same size but for the channels.
    const original = (value: string) => (value === weights ? weight : value);
    const dims = (value: string) => {
      const own = context.dims(original(value));
      const isMore = times > 1 && (value === weights || value === x);
      return isMore ? own.map((size, axis) => (axis === 1 ? times * (size as number) : size)) : own;
    };
    const [...gradients] = gradient.backward({
      ...context,
      input: (index) => (index === place ? weights : context.input(index)),
      dims,
      type: (value) => type(original(value)),
      outputGradients: [seed],
      dy: seed,
      needs: (index) => index === data,
    });
    return gradients[data]!;
  };
  return {
    x,
    weight,
    bias,
    y: output,
    math,
    apply: (other, weights, added) => {
      const operands = [other, weights];
      if (place < data) operands.reverse();
      const apart = added !== undefined && opType === 'MatMul';
      if (added !== undefined && !apart) operands.push(added);
      const result = g.fresh(opType);
      g.add(makeNode(opType, operands, [result], attributes));
      return apart ? math.add(result, added) : result;
    },
    back: (seed, weights) => back(seed, weights, 1),
    backEach: (seed, weights) => {
      const channels = dimsOf[1];
      if (opType !== 'Conv' || intAttribute(node, 'group', 1) !== 1 || typeof channels !== 'number') {
        return weights.map((each) => back(seed, each, 1));
      }
      // Of further channels of the input, of which each has its own share.
      const shares = back(seed, g.op('Concat', weights, { axis: 1 }), weights.length);
      const sizes = g.ints(weights.map(() => channels));
      return g.ops('Split', [shares, sizes], { axis: 1 }, weights.length);
    },
    biasShare: (seed, added) => {
      if (added === undefined || !countsBias) return undefined;
      const isVector = opType === 'Conv' || opType === 'ConvTranspose';
      const broadcast = isVector ? alongChannels(context, added, dimsOf.length) : added;
      return beta === 1 ? math.mul(broadcast, seed) : math.mul(beta, broadcast, seed);
    },
    spread: (values) => {
      // The batch is an axis of its own, or a part of one; 1 stands for it, and broadcasts.
      const dims = dimsOf.map((dim) => (typeof dim === 'number' ? dim : 1));
      const perChannel = float32(values, values.length === 1 ? [] : [values.length, ...dims.slice(2).map(() => 1)]);
      return g.op('Expand', [g.constant(perChannel), g.ints(dims)]);
    },
    perChannel: (values) => {
      if (values.length === 1) return values[0]!;
      const axis = CHANNEL_AXIS[opType];
      if (axis === undefined || intAttribute(node, 'group', 1) !== 1) return undefined;
      const behind = context
        .dims(weight)
        .slice(axis + 1)
        .map(() => 1);
      return g.constant(float32(values, [values.length, ...behind]));
    },
    atInput: (relevance) => node.input.map((_, index) => (index === data ? relevance : undefined)),
  };
}
