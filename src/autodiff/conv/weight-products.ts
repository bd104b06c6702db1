import { fromTapsFirst, gather, gatherable, metPlaces } from './columns.js';
import type { Lowering } from './geometry.js';

/** dW[·, ·, tap] = dy·x(tap)ᵀ: for each tap of the kernel one product over all examples, without columns. */
export const weightByProducts: Lowering = {
  name: 'a product a tap, channels last',
  applies: ({ group }) => group === 1,
  emit: ({ g, input, dy }, geometry) => {
    const { kernel, channels, filters } = geometry;
    const byFilter = g.op('Transpose', [dy], { perm: [1, 0, ...kernel.map((_, i) => i + 2)] });
    const flat = g.op('Reshape', [byFilter, g.ints([filters, -1])]);
    const image = gatherable(g, input(0), geometry);
    const parts = metPlaces(geometry).map((places) => {
      const met = gather(g, image, places, geometry);
      return g.op('MatMul', [flat, g.op('Reshape', [met, g.ints([-1, channels])])]);
    });
    return fromTapsFirst(g, parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 1 }), geometry);
  },
};
