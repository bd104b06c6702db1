/** Deltas as rows of small numbers with a scale each, widened inside the graph. */
import type { GraphBuilder } from '../../../graph/builder.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { RowSteps } from '../../../log/read/stored-chunk.js';
import { float32, type Tensor } from '../../../tensor.js';
import type { DeltaForm, Deltas } from './form.js';
import type { StepMatrix } from '../layer-matrix.js';
import { deltasOf, withBias } from './dense.js';

/**
 * Elements of a step that are widened at once: as float32 they stay in the caches until they are multiplied, while a layer of 16
 * million weights took 2.4 times as long as it does in blocks.
 */
const BLOCK_ELEMENTS = 2 ** 21;

/**
 * Rows as they are stored. A product with columns is one of whole numbers, in float32, which holds them exactly, and is scaled
 * after the sum; rows that did not move are absent from it.
 */
export function rowDeltas(matrix: StepMatrix, stored: RowSteps, steps: number): DeltaForm {
  const { type, rows, columns, scales, elements, others } = stored;
  const moving = elements.length / columns;
  const hasGaps = moving < steps * rows;
  // Each has a row, or there is one: how many there are is part of the graph, and depends on the layer alone as far as it goes.
  const wanted = multipliesRows(matrix, rows, columns) ? Math.round((rows * columns) / BLOCK_ELEMENTS) : 1;
  const blocks = moving < wanted ? 1 : Math.max(1, wanted);
  const begin = (block: number) => Math.floor((moving * block) / blocks);
  return {
    key: `rows of ${type}${hasGaps ? ' with gaps' : ''} in ${blocks}`,
    declare: (g, _matrix, name) => declareRows(g, matrix, stored, { hasGaps, blocks }, name),
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
        ...Object.fromEntries(
          Array.from({ length: blocks }, (_, block) => {
            const [from, to] = [begin(block), begin(block + 1)];
            const data = elements.subarray(from * columns, to * columns);
            return [`${name} rows ${block}`, { type, dims: [to - from, columns], data } satisfies Tensor];
          }),
        ),
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
  matrix: StepMatrix,
  { type, rows, columns }: RowSteps,
  { hasGaps, blocks }: { readonly hasGaps: boolean; readonly blocks: number },
  name: string,
): Deltas {
  const { groups, units, inputs, hasBias } = matrix;
  /** Does something with each block of rows, and puts what becomes of them together. */
  const eachBlock = (act: (wide: string) => string) => {
    const parts = stored.map((block) =>
      act(type === 'float32' ? block : g.op('Cast', [block], { to: elementTypeCode('float32') })),
    );
    return parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 0 });
  };
  const stored = Array.from({ length: blocks }, (_, block) =>
    g.input(`${name} rows ${block}`, type, [`moving ${block}`, columns]),
  );
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
  const widened = () => {
    const all = () =>
      whole(
        eachBlock((wide) => wide),
        columns,
      );
    return (dense ??= deltasOf(g, matrix, g.op('Reshape', [all(), g.ints([-1, rows * columns])]), biases));
  };
  const byUnits = multipliesRows(matrix, rows, columns);
  return {
    dense: () => widened().dense(),
    apply: (columnsOf) => {
      if (!byUnits) return widened().apply(columnsOf);
      const flat = g.op('Reshape', [columnsOf, g.ints([inputs, -1])]);
      const products = eachBlock((wide) => g.op('MatMul', [wide, flat]));
      const product = whole(products, g.op('Shape', [flat], { start: 1, end: 2 }));
      return withBias(g, matrix, g.op('Unsqueeze', [product, g.ints([0])]), biases);
    },
  };
}

/** Whether stored rows are multiplied as they are. */
function multipliesRows(matrix: StepMatrix, rows: number, columns: number): boolean {
  return isByUnits(matrix) && rows === matrix.units && columns === matrix.inputs;
}

/** Whether the stored rows are those of the layer's one matrix. */
export function isByUnits({ groups, layout }: StepMatrix): boolean {
  return groups === 1 && layout.storedRows === 'units';
}
