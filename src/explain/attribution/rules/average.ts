import { algebra } from '../../../autodiff/algebra.js';
import { pooling } from '../../../autodiff/gradients/pooling.js';
import { windowOf, type Window } from '../../../autodiff/window.js';
import { InputError } from '../../../errors.js';
import { makeNode } from '../../../graph/builder.js';
import { intsAttribute } from '../../../onnx/attributes.js';
import { nodeLabel, type Node } from '../../../onnx/model.js';
import { elementCount, float32 } from '../../../tensor.js';
import { defineLrpRule, type LrpRuleContext } from './rule.js';
import { STABILIZER, stabilized } from './stabilize.js';

/** Attributes that MaxPool has and AveragePool (before operator set 19) has not. */
const OF_MAXIMA = new Set(['storage_order', 'dilations']);

/**
 * Maximum pooling as if it had taken the average, as in [Terzieva et al. n.d.]: each element in proportion to its size.
 */
export const average = defineLrpRule({
  name: 'average',
  summary: 'maximum pooling as if it had taken the average',
  serves: ['max'],
  isProportional: true,
  defaults: { epsilon: STABILIZER },
  forward: ({ g, node }) => {
    // Where the maxima were does not matter here, and finding it out takes longer than all the rest.
    g.add(node);
    return {};
  },
  propagate: (context, { epsilon }) => {
    const { g, node, input, type, dy } = context;
    const isDilated = intsAttribute(node, 'dilations')?.some((step) => step !== 1);
    if (node.opType !== 'MaxPool' || isDilated) {
      throw new InputError(`rule average: node ${nodeLabel(node)} is not a plain MaxPool; give it another rule`);
    }
    const math = algebra(g, type(input(0)));
    const pool = asAveragePool(node, g.fresh('average'));
    g.add(pool);
    const seed = math.div(dy, stabilized(math, pool.output[0]!, epsilon, context.network.nonNegative(input(0))));
    const window = windowOf(context, intsAttribute(node, 'kernel_shape')!);
    const share = isTiling(window)
      ? tiled(context, math.div(seed, elementCount(window.kernel)), window)
      : pooling.AveragePool.backward({ ...context, node: pool, dy: seed, outputGradients: [seed] })[0]!;
    return { inputs: [math.mul(input(0), share)] };
  },
});

function asAveragePool(node: Node, output: string): Node {
  const attributes = node.attribute
    .filter(({ name }) => !OF_MAXIMA.has(name))
    .map((each) => [each.name, each] as const);
  return makeNode('AveragePool', [node.input[0]!], [output], Object.fromEntries(attributes));
}

/** Whether each element of the input lies in just one window, and each window has all its elements there. */
function isTiling({ kernel, strides, begins, ends, input, output }: Window): boolean {
  const isZero = (size: number) => size === 0;
  return (
    begins.every(isZero) &&
    ends.every(isZero) &&
    kernel.every((size, i) => strides[i] === size && input[i] === size * output[i]!)
  );
}

/** Each element of a pooled value at all places of its window. */
function tiled({ g }: LrpRuleContext, pooled: string, { kernel }: Window): string {
  const scales = g.constant(float32([1, 1, ...kernel]));
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return g.op('Resize', [pooled, '', scales], attributes);
}
