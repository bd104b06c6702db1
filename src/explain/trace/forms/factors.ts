/** Deltas as a few outer products, which are never multiplied out. */
import type { GraphBuilder } from '../../../graph/builder.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { FactorSteps } from '../../../log/read/stored-chunk.js';
import { float32 } from '../../../tensor.js';
import type { DeltaFactors, DeltaForm, Deltas } from './form.js';
import type { StepMatrix } from '../layer-matrix.js';
import { deltasOf, withBias } from './dense.js';

/** Factors as they are stored: Δ F = Lᵀ (s ∘ (R F)). */
export function factorDeltas(matrix: StepMatrix, stored: FactorSteps, steps: number): DeltaForm {
  const { rank, rows, columns, scales, left, right, others } = stored;
  return {
    key: 'factors',
    declare: (g, _matrix, name) => declareFactors(g, matrix, stored, name),
    feeds: (name) => ({
      [`${name} left`]: { type: 'int8', dims: [steps, rank, rows], data: left },
      [`${name} right`]: { type: 'int8', dims: [steps, rank, columns], data: right },
      [`${name} scales`]: float32(scales, [steps, rank, 1]),
      ...(matrix.hasBias ? { [`${name} biases`]: float32(others, [steps, others.length / steps]) } : {}),
    }),
  };
}

function declareFactors(g: GraphBuilder, matrix: StepMatrix, { rows, columns }: FactorSteps, name: string): Deltas {
  const { groups, units, inputs, hasBias, layout } = matrix;
  const factor = (side: string, width: number) =>
    g.op('Cast', [g.input(`${name} ${side}`, 'int8', ['steps', 'rank', width])], { to: elementTypeCode('float32') });
  const left = factor('left', rows);
  const right = factor('right', columns);
  const scales = g.input(`${name} scales`, 'float32', ['steps', 'rank', 1]);
  const bias = hasBias ? g.input(`${name} biases`, 'float32', ['steps', groups * units]) : undefined;

  let dense: Deltas | undefined;
  const widened = () => {
    const product = () =>
      g.op('MatMul', [g.op('Transpose', [g.op('Mul', [left, scales])], { perm: [0, 2, 1] }), right]);
    return (dense ??= deltasOf(g, matrix, g.op('Reshape', [product(), g.ints([-1, rows * columns])]), bias));
  };
  const factors = factorsOf();
  return {
    dense: () => widened().dense(),
    apply: (columnsOf) => {
      if (!factors) return widened().apply(columnsOf);
      const flat = g.op('Reshape', [columnsOf, g.ints([inputs, -1])]);
      // One product for all steps, and one for each.
      const moved = g.op('MatMul', [factors.inputs, flat]);
      const product = g.op('MatMul', [g.op('Transpose', [factors.units], { perm: [0, 2, 1] }), moved]);
      const stacked = g.op('Reshape', [product, g.op('Concat', [g.ints([1, -1]), widthOf(flat)], { axis: 0 })]);
      return withBias(g, matrix, stacked, bias);
    },
    ...(factors ? { factors } : {}),
  };

  function widthOf(flat: string): string {
    return g.op('Shape', [flat], { start: 1, end: 2 });
  }

  function factorsOf(): DeltaFactors | undefined {
    if (groups > 1) return undefined;
    if (layout.storedRows === 'units' && rows === units && columns === inputs) {
      return { units: left, inputs: g.op('Mul', [right, scales]), bias };
    }
    if (layout.storedRows === 'inputs' && rows === inputs && columns === units) {
      return { units: right, inputs: g.op('Mul', [left, scales]), bias };
    }
    return undefined;
  }
}
