import { intAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';

/** y = blocks of pixels of x as channels: dx = channels of dy laid out as blocks. */
export const spaceToDepth: Gradient = {
  op: 'SpaceToDepth',
  backward: ({ g, node, dy }) => [g.op('DepthToSpace', [dy], { blocksize: intAttribute(node, 'blocksize', 1) })],
};
