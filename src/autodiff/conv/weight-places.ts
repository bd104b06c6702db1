import { elementCount, int32 } from '../../tensor.js';
import { channelsLast, fromTapsFirst, metPlaces } from './columns.js';
import type { ConvGeometry, Lowering } from './geometry.js';

/** The share of all pairs of tap and place that meet the input and not padding. */
export function metShare({ kernel, strides, dilations, begins, input, output }: ConvGeometry): number {
  const shares = kernel.map((size, i) => {
    let met = 0;
    for (let tap = 0; tap < size; tap++) {
      for (let place = 0; place < output[i]!; place++) {
        const at = place * strides[i]! + tap * dilations[i]! - begins[i]!;
        if (at >= 0 && at < input[i]!) met++;
      }
    }
    return met / size / output[i]!;
  });
  return shares.reduce((product, share) => product * share, 1);
}

/** dW[·, ·, tap] = dy·x(tap)ᵀ over all examples, at those places only where the tap meets no padding. */
export const weightByPlaces: Lowering = {
  name: 'a product a tap, over the places it meets',
  applies: ({ group }) => group === 1,
  emit: ({ g, input, dy }, geometry) => {
    const { kernel, channels, filters, places } = geometry;
    const space = kernel.map((_, i) => i);
    // Places before the examples: [Q, N, C] and [K, P, N].
    const last = channelsLast(g, input(0), geometry);
    const byPlace = g.op('Transpose', [last], { perm: [...space.map((i) => i + 1), 0, kernel.length + 1] });
    const image = g.op('Reshape', [byPlace, g.ints([elementCount(geometry.input), -1, channels])]);
    const byFilter = g.op('Transpose', [dy], { perm: [1, ...space.map((i) => i + 2), 0] });
    const gradient = g.op('Reshape', [byFilter, g.ints([filters, places, -1])]);
    const parts = metPlaces(geometry).map((met) => {
      const from = met.flatMap((to, place) => (to === undefined ? [] : [place]));
      if (from.length === 0) return g.op('Expand', [g.scalar(0), g.ints([filters, channels])]);
      const to = met.filter((place) => place !== undefined);
      const ofOutput = g.op('Gather', [gradient, g.constant(int32(from))], { axis: 1 });
      const ofInput = g.op('Gather', [image, g.constant(int32(to))], { axis: 0 });
      return g.op('MatMul', [
        g.op('Reshape', [ofOutput, g.ints([filters, -1])]),
        g.op('Reshape', [ofInput, g.ints([-1, channels])]),
      ]);
    });
    return fromTapsFirst(g, parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 1 }), geometry);
  },
};
