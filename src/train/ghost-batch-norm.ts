/**
 * Batch normalisation in training, with or without ghost samples ([Pfahler & Morik 2021], Alg. 2, with the statistics
 * corrected).
 *
 * The pooled statistics μ = μ_g + d/(1+g), σ² = (gσ_g² + σ_b²)/(1+g) + gd²/(1+g)², d = μ_b − μ_g, in which the whole
 * batch weighs as much as one ghost, are the mean and variance of a *weighted* sample: each of the n examples weighs
 * 1/((1+g)n), each of the g ghosts 1/(1+g). Ordinary batch norm is the same with equal weights, and the authors' own
 * code (ghost statistics only) with weight 0 for the examples. So one rule with a weight per row is all three.
 * Positions share the weight of their row, wherever they stand: on axes of their own behind the channels, or folded
 * into the batch axis.
 */
import type { Gradient, NodeContext } from '../autodiff/gradient.js';
import { makeNode, type GraphBuilder } from '../graph/builder.js';
import type { BatchPlace } from '../graph/batch-place.js';
import { InputError } from '../errors.js';
import { float, floatAttribute } from '../onnx/attributes.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { nodeLabel, type Graph, type Node } from '../onnx/model.js';

/** Which rows the statistics are taken from, and how much each weighs. */
export const GHOST_STATISTICS = ['pooled', 'ghost-only'] as const;

/** One of `GHOST_STATISTICS`. */
export type GhostStatistics = (typeof GHOST_STATISTICS)[number];

/** Row weights of one step, emitted once and shared by all batch norms. */
export interface RowWeights {
  /** [1, rows], float32, summing to 1. */
  readonly weights: string;
  /**
   * Number of equally weighted rows, a float scalar, where the running variance is Bessel-corrected as in PyTorch;
   * undefined for pooled statistics, which are not.
   */
  readonly corrected: string | undefined;
}

/**
 * Emits the weights that rows have in batch statistics.
 * @param examples number of examples in the batch: an int64 vector of one element
 * @param ghosts number of ghosts
 */
export function emitRowWeights(
  g: GraphBuilder,
  examples: string,
  ghosts: number,
  statistics: GhostStatistics,
): RowWeights {
  const count = g.op('Cast', [g.op('Squeeze', [examples, g.ints([0])])], { to: elementTypeCode('float32') });
  const filled = (value: string, length: string) => g.op('Expand', [value, length]);
  if (ghosts === 0) {
    const share = g.op('Div', [g.scalar(1), count]);
    return { weights: asRow(g, filled(share, examples)), corrected: count };
  }
  const parts = (ofExamples: string, ofGhosts: number) =>
    asRow(g, g.op('Concat', [filled(ofExamples, examples), filled(g.scalar(ofGhosts), g.ints([ghosts]))], { axis: 0 }));
  if (statistics === 'ghost-only') return { weights: parts(g.scalar(0), 1 / ghosts), corrected: g.scalar(ghosts) };
  const share = g.op('Div', [g.scalar(1 / (1 + ghosts)), count]);
  return { weights: parts(share, 1 / (1 + ghosts)), corrected: undefined };
}

function asRow(g: GraphBuilder, vector: string): string {
  return g.op('Unsqueeze', [vector, g.ints([0])]);
}

/**
 * The running means and variances of a graph's batch norms, which training carries from step to step.
 * @throws InputError where one is computed rather than stored
 */
export function runningStatistics(nodes: readonly Node[], graph: Graph): string[] {
  const stored = new Set(graph.initializer.map(({ name }) => name));
  return nodes.flatMap((node) => {
    if (node.opType !== 'BatchNormalization') return [];
    const statistics = [node.input[3]!, node.input[4]!];
    const computed = statistics.find((name) => !stored.has(name));
    if (computed === undefined) return statistics;
    throw new InputError(
      `node ${nodeLabel(node)}: its running statistic "${computed}" is computed, not stored, so that training cannot update ` +
        'it; export the model with an instance normalization, or with batch normalization over the channels themselves',
    );
  });
}

/** Which of the running statistics are variances. */
export function runningVariances({ node }: Graph): string[] {
  return node.flatMap(({ opType, input }) => (opType === 'BatchNormalization' ? [input[4]!] : []));
}

/** What the rule is told, and tells. */
export interface GhostBatchNormOptions {
  /** Where the examples of the batch stand in a value, as `batchPlaces` finds it. */
  readonly placeOf: (value: string) => BatchPlace | 'nowhere' | undefined;
  /**
   * Is told, for each running statistic, the value that holds its update; for one that several nodes share, after each.
   */
  readonly updated: (statistic: string, value: string) => void;
}

/**
 * The rule that replaces BatchNormalization in a training graph.
 * @param rows weights of the rows
 */
export function ghostBatchNorm(rows: RowWeights, { placeOf, updated }: GhostBatchNormOptions): Gradient {
  const known = new Map<string, RowWeights>();
  const latest = new Map<string, string>();
  const rowsOf = (context: NodeContext): RowWeights => {
    const place = placeOf(context.input(0));
    const key = JSON.stringify(place === 'nowhere' ? context.dims(context.input(0))[0] : place) ?? '';
    const weights = known.get(key) ?? rowsAlong(context, rows, place);
    known.set(key, weights);
    return weights;
  };
  return {
    replaces: true,
    forward: (context) => {
      const { g, node, input } = context;
      const [x, scale, bias, runningMean, runningVariance] = [input(0), input(1), input(2), input(3), input(4)];
      const { weights, corrected } = rowsOf(context);
      const mean = weightedChannelMean(context, x, weights);
      const centered = g.op('Sub', [x, perChannel(context, mean)]);
      const variance = weightedChannelMean(context, g.op('Mul', [centered, centered]), weights);
      // With the statistics given, ONNX's inference form is one fused pass.
      g.add(normalize(node, [x, scale, bias, mean, variance]));

      const keep = floatAttribute(node, 'momentum', 0.9);
      const blend = (statistic: string, value: string) => {
        const old = latest.get(statistic) ?? statistic;
        const next = g.op('Add', [g.op('Mul', [old, g.scalar(keep)]), g.op('Mul', [value, g.scalar(1 - keep)])]);
        latest.set(statistic, next);
        updated(statistic, next);
      };
      blend(runningMean, mean);
      blend(runningVariance, besselCorrected(context, variance, corrected));
      return { mean, variance, centered, weights };
    },
    /**
     * With x̂ = (x − μ)/s and dy' = dy·scale: dx = (dy' − p·(Σ dy' + x̂·Σ dy'x̂))/s, where p is the weight of the
     * element's row divided by the number of positions. (For equal weights this is the textbook gradient.)
     */
    backward: (context) => {
      const { g, node, dy, saved, input, dims } = context;
      const { mean, variance, centered, weights } = saved as Record<
        'mean' | 'variance' | 'centered' | 'weights',
        string
      >;
      const epsilon = g.scalar(floatAttribute(node, 'epsilon', 1e-5));
      const deviation = g.op('Sqrt', [g.op('Add', [variance, epsilon])]);
      const dBias = channelSum(context, dy);
      const dScale = g.op('Div', [channelSum(context, g.op('Mul', [dy, centered])), deviation]);
      if (!context.needs(0)) return [undefined, dScale, dBias];

      // The inference form computes x̂·Σ dy·x̂ + Σ dy in one pass, given the two sums as scale and bias.
      const projected = g.fresh('BatchNormalization');
      g.add(normalize(node, [input(0), dScale, dBias, mean, variance], projected));
      const factor = perChannel(context, g.op('Div', [input(1), deviation]));
      const behind = dims(input(0)).slice(1);
      const column = g.op('Reshape', [weights, g.ints([-1, ...behind.map(() => 1)])]);
      const share = g.op('Mul', [g.op('Div', [column, positions(context)]), factor]);
      return [g.op('Sub', [g.op('Mul', [dy, factor]), g.op('Mul', [projected, share])]), dScale, dBias];
    },
  };
}

/**
 * The weights of the rows of one batch norm's input.
 * @throws InputError where the rows of the input are not those of the batch, each for some positions
 */
function rowsAlong(context: NodeContext, rows: RowWeights, place: BatchPlace | 'nowhere' | undefined): RowWeights {
  const { g, node, input, dims } = context;
  if (place === 'nowhere') {
    const count = Number(dims(input(0))[0]);
    const share = g.op('Expand', [g.scalar(1 / count), g.ints([1, count])]);
    return { weights: share, corrected: g.scalar(count) };
  }
  if (place?.axis !== 0) {
    const where =
      place === undefined
        ? 'its input mixes the examples of a batch in a way that cannot be followed'
        : `the examples of a batch stand along axis ${place.axis} of its input`;
    throw new InputError(
      `node ${nodeLabel(node)}: ${where} (shape [${dims(input(0)).join(', ')}]), so that its statistics in training are ` +
        'undefined; export the model with examples along axis 0 of every batch normalization, or with another normalization',
    );
  }
  const { before, behind } = place;
  if (before * behind === 1) return rows;
  const spread = g.op('Expand', [g.op('Unsqueeze', [rows.weights, g.ints([2])]), g.ints([before, 1, behind])]);
  const shared = g.op('Div', [spread, g.scalar(before * behind)]);
  const corrected = rows.corrected === undefined ? undefined : g.op('Mul', [rows.corrected, g.scalar(before * behind)]);
  return { weights: g.op('Reshape', [shared, g.ints([1, -1])]), corrected };
}

function normalize(node: Node, inputs: string[], output = node.output[0]!): Node {
  return makeNode('BatchNormalization', inputs, [output], { epsilon: float(floatAttribute(node, 'epsilon', 1e-5)) });
}

/** Axes of the positions: all but rows and channels. */
function spatialAxes({ dims, input }: NodeContext): number[] {
  return dims(input(0)).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
}

/** Number of positions of a channel, a float scalar. */
function positions({ g, dims, input }: NodeContext): string {
  const sizes = dims(input(0)).slice(2);
  if (sizes.every((size) => typeof size === 'number')) {
    return g.scalar(sizes.reduce((product: number, size) => product * size, 1));
  }
  const shape = g.op('Shape', [input(0)], { start: 2 });
  return g.op('Cast', [g.op('ReduceProd', [shape], { keepdims: 0 })], { to: elementTypeCode('float32') });
}

/** Σ over rows of weight · mean over positions: [channels]. */
function weightedChannelMean(context: NodeContext, value: string, weights: string): string {
  const { g } = context;
  const axes = spatialAxes(context);
  const byRow = axes.length === 0 ? value : g.op('ReduceMean', [value, g.ints(axes)], { keepdims: 0 });
  return g.op('Squeeze', [g.op('MatMul', [weights, byRow]), g.ints([0])]);
}

/** Sum over rows and positions: [channels]. Two stages are faster than one in ONNX Runtime. */
function channelSum(context: NodeContext, value: string): string {
  const { g } = context;
  const axes = spatialAxes(context);
  const byRow = axes.length === 0 ? value : g.op('ReduceSum', [value, g.ints(axes)], { keepdims: 0 });
  return g.op('ReduceSum', [byRow, g.ints([0])], { keepdims: 0 });
}

/** [channels] in a shape that broadcasts against the layer's values. */
function perChannel(context: NodeContext, vector: string): string {
  const axes = spatialAxes(context);
  return axes.length === 0 ? vector : context.g.op('Unsqueeze', [vector, context.g.ints(axes.map((_, i) => i + 1))]);
}

/** Variance · m/(m − 1) for m equally weighted elements, as PyTorch keeps it in its running statistics. */
function besselCorrected(context: NodeContext, variance: string, rows: string | undefined): string {
  if (rows === undefined) return variance;
  const { g } = context;
  const count = g.op('Mul', [rows, positions(context)]);
  // A single element has no unbiased variance; it keeps the biased one.
  const others = g.op('Max', [g.op('Sub', [count, g.scalar(1)]), g.scalar(1)]);
  return g.op('Mul', [variance, g.op('Div', [count, others])]);
}
