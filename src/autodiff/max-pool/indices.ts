import { makeNode } from '../../graph/builder.js';
import { intAttribute, intsAttribute } from '../../onnx/attributes.js';
import { attributesOf } from '../gradient.js';
import { scatterAdd } from '../scatter.js';
import { isDisjoint } from '../window.js';
import { poolWindow, type MaxPoolForm } from './form.js';

/** dy at the indices that MaxPool gives. For all windows. */
export const byIndices: MaxPoolForm = {
  name: 'indices',
  fits: () => true,
  pays: () => true,
  forward: ({ g, node, input, output }) => {
    const rowMajor = intAttribute(node, 'storage_order', 0) === 0;
    if (output(1) !== '' && rowMajor) {
      g.add(node);
      return { indices: output(1) };
    }
    const indices = g.fresh('indices');
    const columnMajorWanted = output(1) !== '';
    if (columnMajorWanted) g.add(node);
    const maxima = columnMajorWanted ? g.fresh('maxima') : output(0);
    g.add(makeNode('MaxPool', [input(0)], [maxima, indices], { ...attributesOf(node), storage_order: undefined }));
    return { indices };
  },
  backward: (context) => {
    const { g, node, input, type, dy, saved } = context;
    const [x, indices] = [input(0), saved.indices!];
    // Where windows overlap, one element may be the maximum of several and its gradients must be added up.
    if (type(x) !== 'float32' || !isDisjoint(poolWindow(context))) return scatterAdd(context, dy, indices, x);
    // The shape is stated; a window of one element keeps MaxUnpool from inferring a larger one from padding.
    return g.op('MaxUnpool', [dy, indices, g.op('Shape', [x])], {
      kernel_shape: intsAttribute(node, 'kernel_shape')!.map(() => 1),
    });
  },
};
