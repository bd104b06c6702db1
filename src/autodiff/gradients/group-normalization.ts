import { floatAttribute, intAttribute } from '../../onnx/attributes.js';
import { elementCount } from '../../tensor.js';
import { algebra } from '../algebra.js';
import type { Gradient } from '../gradient.js';
import { reshapeLike } from '../shapes.js';
import { standardize } from '../standardize.js';

/** y = s·h + b, h = x standardized over each group of channels: dh = s·dy, ds = Σ dy·h, db = Σ dy. */
export const groupNormalization: Gradient = {
  op: 'GroupNormalization',
  backward: (context) => {
    const { g, node, input, dims, type, dy, needs } = context;
    const [x, scale] = [input(0), input(1)];
    const { mul } = algebra(g, type(x));
    const groups = intAttribute(node, 'num_groups', 1);
    // Up to operator set 20 there is one scale a group, from 21 on one a channel: [N, groups, scales a group, rest].
    const scalesPerGroup = elementCount(dims(scale) as number[]) / groups;
    const blocks = (value: string) => g.op('Reshape', [value, g.ints([0, groups, scalesPerGroup, -1])]);
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const { standardized, toInput } = standardize(g, type(x), blocks(x), [2, 3], epsilon);
    const dBlocks = blocks(dy);
    const gain = g.op('Reshape', [scale, g.ints([groups, scalesPerGroup, 1])]);
    const total = (value: string) =>
      reshapeLike(context, g.op('ReduceSum', [g.op('ReduceSum', [value, g.ints([3])]), g.ints([0])]), scale);
    return [
      needs(0) ? reshapeLike(context, toInput(mul(dBlocks, gain)), x) : undefined,
      needs(1) ? total(mul(dBlocks, standardized)) : undefined,
      needs(2) ? total(dBlocks) : undefined,
    ];
  },
};
