/** Deltas as a few outer products, which are never multiplied out. */
import { dimsOf, sizeOf, type GraphBuilder } from '../../../graph/builder.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { FactorSteps } from '../../../log/read/stored-chunk.js';
import { float32 } from '../../../tensor.js';
import type { DeltaFactors, DeltaForm, Deltas } from './form.js';
import type { StepMatrix } from '../layer-matrix.js';
import type { MatrixValues } from '../matrix-values.js';
import { deltasOf, withBias } from './dense.js';

/** Factors as they are stored: Δ F = Lᵀ (s ∘ (R F)). */
export function factorDeltas(matrix: StepMatrix, stored: FactorSteps, steps: number): DeltaForm {
  const { rank, rows, columns, scales, left, right, others } = stored;
  const sides = sidesOf(matrix, stored);
  const narrow = rows < columns ? 'left' : 'right';
  return {
    key: `factors ${sides ?? 'spread'}, ${narrow} scaled`,
    declare: (g, values, name) => declareFactors(g, values, { sides, narrow }, name),
    feeds: (name) => ({
      [`${name} left`]: { type: 'int8', dims: [steps, rank, rows], data: left },
      [`${name} right`]: { type: 'int8', dims: [steps, rank, columns], data: right },
      [`${name} scales`]: float32(scales, [steps, rank, 1]),
      ...(matrix.hasBias ? { [`${name} biases`]: float32(others, [steps, others.length / steps]) } : {}),
    }),
  };
}

/** Which side of the products is the layer's units and which its inputs; undefined where a stored row is neither. */
type Sides = 'units first' | 'inputs first' | undefined;

function sidesOf({ groups, units, inputs, layout }: StepMatrix, { rows, columns }: FactorSteps): Sides {
  if (groups > 1) return undefined;
  if (layout.storedRows === 'units' && rows === units && columns === inputs) return 'units first';
  if (layout.storedRows === 'inputs' && rows === inputs && columns === units) return 'inputs first';
  return undefined;
}

/** What a graph for factors follows from. */
interface FactorsKind {
  readonly sides: Sides;
  /** The side with fewer elements: it takes the scales. */
  readonly narrow: 'left' | 'right';
}

function declareFactors(g: GraphBuilder, matrix: MatrixValues, { sides, narrow }: FactorsKind, name: string): Deltas {
  const { inputs, hasBias } = matrix;
  const factor = (side: string) =>
    g.op('Cast', [g.input(`${name} ${side}`, 'int8', ['steps', 'rank', side])], { to: elementTypeCode('float32') });
  const scales = g.input(`${name} scales`, 'float32', ['steps', 'rank', 1]);
  const scaled = (side: 'left' | 'right') => (side === narrow ? g.op('Mul', [factor(side), scales]) : factor(side));
  const [left, right] = [scaled('left'), scaled('right')];
  const bias = hasBias ? g.input(`${name} biases`, 'float32', ['steps', 'biases']) : undefined;

  let dense: Deltas | undefined;
  const widened = () => {
    const product = () => g.op('MatMul', [g.op('Transpose', [left], { perm: [0, 2, 1] }), right]);
    return (dense ??= deltasOf(g, matrix, g.op('Reshape', [product(), dimsOf(g, sizeOf(g, left, 0), -1)]), bias));
  };
  const factors = factorsOf();
  return {
    dense: () => widened().dense(),
    apply: (columnsOf) => {
      if (!factors) return widened().apply(columnsOf);
      const flat = g.op('Reshape', [columnsOf, dimsOf(g, inputs, -1)]);
      // One product for all steps, and one for each.
      const moved = g.op('MatMul', [factors.inputs, flat]);
      const product = g.op('MatMul', [g.op('Transpose', [factors.units], { perm: [0, 2, 1] }), moved]);
      const stacked = g.op('Reshape', [product, dimsOf(g, 1, -1, sizeOf(g, flat, 1))]);
      return withBias(g, matrix, stacked, bias);
    },
    ...(factors ? { factors } : {}),
  };

  function factorsOf(): DeltaFactors | undefined {
    if (sides === undefined) return undefined;
    const [units, seen] = sides === 'units first' ? [left, right] : [right, left];
    return { units, inputs: seen, bias };
  }
}
