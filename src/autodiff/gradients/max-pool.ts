import { makeNode } from '../../graph/builder.js';
import { intAttribute, intsAttribute } from '../../onnx/attributes.js';
import type { Gradient } from '../gradient.js';
import { scatterAdd } from '../scatter.js';
import { isDisjoint, windowOf } from '../window.js';

/** y = maximum of each window: dy goes to the element that was the maximum (the first of equal ones). */
export const maxPool: Gradient = {
  op: 'MaxPool',
  forward: ({ g, node, input, output }) => {
    const rowMajor = intAttribute(node, 'storage_order', 0) === 0;
    if (output(1) !== '' && rowMajor) {
      g.add(node);
      return { indices: output(1) };
    }
    const attributes = Object.fromEntries(
      node.attribute.flatMap((attribute) => (attribute.name === 'storage_order' ? [] : [[attribute.name, attribute]])),
    );
    const indices = g.fresh('indices');
    const columnMajorWanted = output(1) !== '';
    if (columnMajorWanted) g.add(node);
    const maxima = columnMajorWanted ? g.fresh('maxima') : output(0);
    g.add(makeNode('MaxPool', [input(0)], [maxima, indices], attributes));
    return { indices };
  },
  backward: (context) => {
    const { g, node, input, type, dy, saved } = context;
    const [x, indices] = [input(0), saved.indices!];
    const kernel = intsAttribute(node, 'kernel_shape')!;
    // Where windows overlap, one element may be the maximum of several and its gradients must be added up.
    if (type(x) !== 'float32' || !isDisjoint(windowOf(context, kernel))) return [scatterAdd(context, dy, indices, x)];
    // The shape is stated; a window of one element keeps MaxUnpool from inferring a larger one from padding.
    return [g.op('MaxUnpool', [dy, indices, g.op('Shape', [x])], { kernel_shape: kernel.map(() => 1) })];
  },
};
