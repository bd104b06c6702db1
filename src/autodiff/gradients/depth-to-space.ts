import { intAttribute, stringAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { reshapeLike, splitSpace } from '../shapes.js';

/** y = channels of x laid out as blocks of pixels: dx = blocks of dy as channels. */
export const depthToSpace: Gradient = {
  op: 'DepthToSpace',
  backward: (context) => {
    const { g, node, input, dy } = context;
    const blocksize = intAttribute(node, 'blocksize', 1);
    if (stringAttribute(node, 'mode', 'DCR') === 'DCR') return [g.op('SpaceToDepth', [dy], { blocksize })];
    // [N, C, H, b, W, b]: in the mode CRD the place in the block runs faster than the channel.
    const blocks = splitSpace(context, dy, blocksize);
    return [reshapeLike(context, g.op('Transpose', [blocks], { perm: [0, 1, 3, 5, 2, 4] }), input(0))];
  },
};
