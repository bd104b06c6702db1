import { channelsLast, fromTapsFirst, offsets } from './columns.js';
import type { ConvGeometry, Lowering } from './geometry.js';

/** The places of the output along one axis at which a tap meets the input, and where it does: both from, and how many. */
interface Met {
  readonly from: number;
  readonly count: number;
  readonly start: number;
}

/** Along each axis, for each tap; undefined where it meets padding alone. */
function metAlong({ kernel, strides, dilations, begins, input, output }: ConvGeometry): (Met | undefined)[][] {
  return kernel.map((size, i) =>
    Array.from({ length: size }, (_, tap) => {
      const shift = tap * dilations[i]! - begins[i]!;
      const from = Math.max(0, Math.ceil(-shift / strides[i]!));
      const to = Math.min(output[i]! - 1, Math.floor((input[i]! - 1 - shift) / strides[i]!));
      return to < from ? undefined : { from, count: to - from + 1, start: from * strides[i]! + shift };
    }),
  );
}

/** The share of all pairs of tap and place that meet the input and not padding. */
export function metShare(geometry: ConvGeometry): number {
  return metAlong(geometry)
    .map((taps, i) => taps.reduce((sum, met) => sum + (met?.count ?? 0), 0) / taps.length / geometry.output[i]!)
    .reduce((product, share) => product * share, 1);
}

/** dW[·, ·, tap] = dy·x(tap)ᵀ over all examples, at those places only where the tap meets no padding. */
export const weightByPlaces: Lowering = {
  name: 'a product a tap, over the places it meets',
  applies: ({ group }) => group === 1,
  emit: ({ g, input, dy }, geometry) => {
    const { kernel, strides, channels, filters } = geometry;
    const space = kernel.map((_, i) => i);
    const along = metAlong(geometry);
    // Space before the examples: what a tap meets is then a few large blocks.
    const last = channelsLast(g, input(0), geometry);
    const image = g.op('Transpose', [last], { perm: [...space.map((i) => i + 1), 0, kernel.length + 1] });
    const gradient = g.op('Transpose', [dy], { perm: [1, ...space.map((i) => i + 2), 0] });
    const cut = (value: string, first: number, from: number[], to: number[], steps: number[]) =>
      g.op('Slice', [value, g.ints(from), g.ints(to), g.ints(space.map((i) => i + first)), g.ints(steps)]);
    const parts = offsets(kernel).map((tap) => {
      const met = tap.flatMap((index, i) => along[i]![index] ?? []);
      if (met.length < kernel.length) return g.op('Expand', [g.scalar(0), g.ints([filters, channels])]);
      const ofOutput = cut(
        gradient,
        1,
        met.map(({ from }) => from),
        met.map(({ from, count }) => from + count),
        met.map(() => 1),
      );
      const ofInput = cut(
        image,
        0,
        met.map(({ start }) => start),
        met.map(({ start, count }, i) => start + (count - 1) * strides[i]! + 1),
        [...strides],
      );
      return g.op('MatMul', [
        g.op('Reshape', [ofOutput, g.ints([filters, -1])]),
        g.op('Reshape', [ofInput, g.ints([-1, channels])]),
      ]);
    });
    return fromTapsFirst(g, parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 1 }), geometry);
  },
};
