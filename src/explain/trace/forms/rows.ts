/** Deltas as rows of small numbers with a scale each, widened inside the graph. */
import type { GraphBuilder } from '../../../graph/builder.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { RowSteps } from '../../../log/read/stored-chunk.js';
import { float32, type Tensor } from '../../../tensor.js';
import type { DeltaForm, Deltas } from './form.js';
import type { LayerMatrix } from '../layer-matrix.js';
import { deltasOf, withBias } from './dense.js';

/**
 * Rows as they are stored. A product with columns is one of whole numbers, in float32, which holds them exactly, and is scaled
 * after the sum; rows that did not move are absent from it.
 */
export function rowDeltas(matrix: LayerMatrix, stored: RowSteps, steps: number): DeltaForm {
  const { type, rows, columns, scales, elements, others } = stored;
  const moving = elements.length / columns;
  const hasGaps = moving < steps * rows;
  return {
    key: `rows of ${type}${hasGaps ? ' with gaps' : ''}`,
    declare: (g, _matrix, name) => declareRows(g, matrix, stored, hasGaps, name),
    feeds: (name) => {
      const present = new Float32Array(moving);
      // Rows that did not move are taken from behind the others, where there are zeros.
      const places = new Int32Array(hasGaps ? steps * rows : 0).fill(moving);
      let at = 0;
      scales.forEach((scale, i) => {
        if (scale === 0) return;
        present[at] = scale;
        if (hasGaps) places[i] = at;
        at++;
      });
      return {
        [`${name} rows`]: { type, dims: [moving, columns], data: elements },
        ...(type === 'float32' ? {} : { [`${name} scales`]: float32(present, [moving, 1]) }),
        ...(hasGaps
          ? { [`${name} places`]: { type: 'int32', dims: [steps * rows], data: places } satisfies Tensor }
          : {}),
        ...(matrix.hasBias ? { [`${name} biases`]: float32(others, [steps, others.length / steps]) } : {}),
      };
    },
  };
}

function declareRows(
  g: GraphBuilder,
  matrix: LayerMatrix,
  { type, rows, columns }: RowSteps,
  hasGaps: boolean,
  name: string,
): Deltas {
  const { groups, units, inputs, hasBias } = matrix;
  const stored = g.input(`${name} rows`, type, ['moving', columns]);
  const wide = type === 'float32' ? stored : g.op('Cast', [stored], { to: elementTypeCode('float32') });
  const scales = type === 'float32' ? undefined : g.input(`${name} scales`, 'float32', ['moving', 1]);
  const places = hasGaps ? g.input(`${name} places`, 'int32', ['all']) : undefined;
  const biases = hasBias ? g.input(`${name} biases`, 'float32', ['steps', groups * units]) : undefined;

  /** Scales rows, and puts them where they belong. */
  const whole = (values: string, width: string | number) => {
    const scaled = scales === undefined ? values : g.op('Mul', [values, scales]);
    if (places === undefined) return scaled;
    const dims = typeof width === 'number' ? g.ints([1, width]) : g.op('Concat', [g.ints([1]), width], { axis: 0 });
    const zeros = g.op('Expand', [g.scalar(0, 'float32'), dims]);
    return g.op('Gather', [g.op('Concat', [scaled, zeros], { axis: 0 }), places], { axis: 0 });
  };
  let dense: Deltas | undefined;
  const widened = () =>
    (dense ??= deltasOf(g, matrix, g.op('Reshape', [whole(wide, columns), g.ints([-1, rows * columns])]), biases));
  const byUnits = isByUnits(matrix) && rows === units && columns === inputs;
  return {
    dense: () => widened().dense(),
    apply: (columnsOf) => {
      if (!byUnits) return widened().apply(columnsOf);
      const flat = g.op('Reshape', [columnsOf, g.ints([inputs, -1])]);
      const product = whole(g.op('MatMul', [wide, flat]), g.op('Shape', [flat], { start: 1, end: 2 }));
      return withBias(g, matrix, g.op('Unsqueeze', [product, g.ints([0])]), biases);
    },
  };
}

/** Whether the stored rows are those of the layer's one matrix. */
export function isByUnits({ groups, layout }: LayerMatrix): boolean {
  return groups === 1 && layout.storedRows === 'units';
}
