import { fromTapsFirst, tapSlices } from './columns.js';
import type { Lowering } from './geometry.js';

/** dW[·, ·, tap] = Σₙ dyₙ·xₙ(tap)ᵀ: for each tap of the kernel one product per example, without columns. */
export const weightByTaps: Lowering = {
  name: 'a product a tap and example',
  applies: ({ group }) => group === 1,
  emit: ({ g, input, dy }, geometry) => {
    const { channels, filters, places } = geometry;
    const flat = g.op('Reshape', [dy, g.ints([-1, filters, places])]);
    const parts = tapSlices(g, input(0), geometry).map((slice) => {
      const image = g.op('Reshape', [slice, g.ints([-1, channels, places])]);
      const products = g.op('MatMul', [flat, g.op('Transpose', [image], { perm: [0, 2, 1] })]);
      return g.op('ReduceSum', [products, g.ints([0])], { keepdims: 0 });
    });
    return fromTapsFirst(g, parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 1 }), geometry);
  },
};
