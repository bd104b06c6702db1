import { fromTapsFirst, tapSlices } from './columns.js';
import type { ConvGeometry, ConvOperands, Lowering } from './geometry.js';

const ungrouped = ({ group }: ConvGeometry) => group === 1;

/** dW = Σₙ dyₙ·columnsₙᵀ: im2col with channels first, one product per example. */
export const weightByColumns: Lowering = {
  name: 'columns, a product per example',
  applies: ungrouped,
  emit: (operands, geometry) => {
    const { g } = operands;
    const sum = g.op('ReduceSum', [weightsByExample(operands, geometry), g.ints([0])], { keepdims: 0 });
    return fromTapsFirst(g, sum, geometry);
  },
};

/** What each example has of dW: [N, K, taps·C]. */
export function weightsByExample({ g, input, dy }: Omit<ConvOperands, 'shared'>, geometry: ConvGeometry): string {
  const { channels, filters, taps, places } = geometry;
  const slices = tapSlices(g, input(0), geometry);
  const stacked = slices.length === 1 ? slices[0]! : g.op('Concat', slices, { axis: 1 });
  const columns = g.op('Reshape', [stacked, g.ints([-1, taps * channels, places])]);
  const flat = g.op('Reshape', [dy, g.ints([-1, filters, places])]);
  return g.op('MatMul', [flat, g.op('Transpose', [columns], { perm: [0, 2, 1] })]);
}
