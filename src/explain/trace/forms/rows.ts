/** Deltas as rows of small numbers with a scale each, widened inside the graph. */
import { dimsOf, sizeOf, timesOf, type GraphBuilder } from '../../../graph/builder.js';
import { elementTypeCode } from '../../../onnx/element-type.js';
import type { RowSteps } from '../../../log/read/stored-chunk.js';
import { float32, type Tensor } from '../../../tensor.js';
import type { DeltaForm, Deltas } from './form.js';
import type { StepMatrix } from '../layer-matrix.js';
import type { MatrixValues } from '../matrix-values.js';
import { deltasOf, withBias } from './dense.js';

/**
 * Elements of a step that are widened at once: as float32 they stay in the caches until they are multiplied, while a layer of 16
 * million weights took 2.4 times as long as it does in blocks.
 */
const BLOCK_ELEMENTS = 2 ** 19;

/**
 * Rows as they are stored. A product with columns is one of whole numbers, in float32, which holds them exactly, and is scaled
 * after the sum; rows that did not move are absent from it.
 */
export function rowDeltas(matrix: StepMatrix, stored: RowSteps, steps: number): DeltaForm {
  const { type, rows, columns, scales, elements, others } = stored;
  const moving = elements.length / columns;
  const hasGaps = moving < steps * rows;
  // Each has a row, or there is one: how many there are is part of the graph, and depends on the layer alone as far as it goes.
  const byUnits = multipliesRows(matrix, rows, columns);
  const wanted = byUnits ? Math.round((rows * columns) / BLOCK_ELEMENTS) : 1;
  const blocks = moving < wanted ? 1 : Math.max(1, wanted);
  const begin = (block: number) => Math.floor((moving * block) / blocks);
  return {
    key: `rows of ${type}${hasGaps ? ' with gaps' : ''}${byUnits ? ' of units' : ''} in ${blocks}`,
    declare: (g, values, name) => declareRows(g, values, { type, hasGaps, byUnits, blocks }, name),
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

/** What a graph for rows follows from. */
interface RowsKind {
  readonly type: RowSteps['type'];
  /** Whether some rows did not move, and are absent. */
  readonly hasGaps: boolean;
  /** Whether they are the rows of the layer's matrix. */
  readonly byUnits: boolean;
  /** How many inputs they are in. */
  readonly blocks: number;
}

function declareRows(
  g: GraphBuilder,
  matrix: MatrixValues,
  { type, hasGaps, byUnits, blocks }: RowsKind,
  name: string,
): Deltas {
  const { inputs, hasBias } = matrix;
  /** Does something with each block of rows, and puts what becomes of them together. */
  const eachBlock = (act: (wide: string) => string) => {
    const parts = stored.map((block) =>
      act(type === 'float32' ? block : g.op('Cast', [block], { to: elementTypeCode('float32') })),
    );
    return parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 0 });
  };
  const stored = Array.from({ length: blocks }, (_, block) =>
    g.input(`${name} rows ${block}`, type, [`moving ${block}`, 'columns']),
  );
  const scales = type === 'float32' ? undefined : g.input(`${name} scales`, 'float32', ['moving', 1]);
  const places = hasGaps ? g.input(`${name} places`, 'int32', ['all']) : undefined;
  const biases = hasBias ? g.input(`${name} biases`, 'float32', ['steps', 'biases']) : undefined;

  /** Scales rows, and puts them where they belong. */
  const whole = (values: string) => {
    const scaled = scales === undefined ? values : g.op('Mul', [values, scales]);
    if (places === undefined) return scaled;
    const zeros = g.op('Expand', [g.scalar(0, 'float32'), dimsOf(g, 1, sizeOf(g, scaled, 1))]);
    return g.op('Gather', [g.op('Concat', [scaled, zeros], { axis: 0 }), places], { axis: 0 });
  };
  let dense: Deltas | undefined;
  const widened = () => {
    const all = () => whole(eachBlock((wide) => wide));
    const size = () => timesOf(g, matrix.groups, matrix.units, inputs);
    return (dense ??= deltasOf(g, matrix, g.op('Reshape', [all(), dimsOf(g, -1, size())]), biases));
  };
  return {
    dense: () => widened().dense(),
    apply: (columnsOf) => {
      if (!byUnits) return widened().apply(columnsOf);
      const flat = g.op('Reshape', [columnsOf, dimsOf(g, inputs, -1)]);
      const products = eachBlock((wide) => g.op('MatMul', [wide, flat]));
      const product = whole(products);
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
