/** Deltas as flat float32 arrays. */
import { dimsOf, type GraphBuilder } from '../../../graph/builder.js';
import { float32, type Tensor } from '../../../tensor.js';
import type { DeltaForm, Deltas } from './form.js';
import type { StepMatrix } from '../layer-matrix.js';
import type { MatrixValues } from '../matrix-values.js';
import { byGroup } from '../weight-layout.js';

/**
 * Dense deltas.
 * @param data [steps, size]
 */
export function denseDeltas(matrix: StepMatrix, data: Float32Array, steps: number): DeltaForm {
  return {
    key: 'dense',
    declare: declareDense,
    feeds: (name) => denseFeeds(matrix, name, data, steps),
  };
}

/** Declares dense deltas as inputs of a graph; `denseFeeds` makes the feeds. */
export function declareDense(g: GraphBuilder, matrix: MatrixValues, name: string): Deltas {
  const part = (label: Part) => g.input(`${name} ${label}`, 'float32', ['steps', label]);
  return deltasOf(g, matrix, part('weights'), matrix.hasBias ? part('biases') : undefined);
}

/** Deltas of dense values: [T, elements of the weight], [T, elements of the bias]. */
export function deltasOf(g: GraphBuilder, matrix: MatrixValues, weights: string, biases: string | undefined): Deltas {
  return {
    dense: () => (biases === undefined ? [weights] : [weights, biases]),
    apply: (columns) => {
      // ONNX Runtime makes one operation of a Transpose and the MatMul right behind it; copying a large weight into its
      // transpose would take several times as long as the product.
      const product = g.op('MatMul', [matrix.layout.rows(g, weights, matrix), columns]);
      return withBias(g, matrix, g.op('Reshape', [product, dimsOf(g, matrix.groups, -1, 0)]), biases);
    },
  };
}

/** Adds the biases, [T, outputs], to what weights make of columns, [groups, T · units, N]. */
export function withBias(g: GraphBuilder, matrix: MatrixValues, applied: string, biases: string | undefined): string {
  return biases === undefined ? applied : g.op('Add', [applied, stackedBiases(g, matrix, biases)]);
}

/** [T, outputs] as the rows of all steps: [groups, T · units, 1]. */
export function stackedBiases(g: GraphBuilder, matrix: MatrixValues, biases: string): string {
  return g.op('Reshape', [byGroup(g, biases, matrix, matrix.units), dimsOf(g, matrix.groups, -1, 1)]);
}

/**
 * Feeds of declared dense deltas. Weight and bias are told apart here rather than in the graph: of a single step they are
 * views, so that a large layer's weight is never copied.
 */
export function denseFeeds(
  matrix: StepMatrix,
  name: string,
  data: Float32Array,
  steps: number,
): Record<string, Tensor> {
  const { size } = matrix;
  const copy = (begin: number, length: number) => {
    const result = new Float32Array(steps * length);
    for (let step = 0; step < steps; step++) {
      result.set(data.subarray(step * size + begin, step * size + begin + length), step * length);
    }
    return result;
  };
  return Object.fromEntries(
    parts(matrix).map(({ label, begin, length }) => {
      const contiguous = steps === 1 || length === size;
      const part = contiguous ? data.subarray(begin, begin + steps * length) : copy(begin, length);
      return [`${name} ${label}`, float32(part, [steps, length])];
    }),
  );
}

type Part = 'weights' | 'biases';

/** Where weight and bias lie in a flat delta. */
function parts({ groups, units, inputs, hasBias }: StepMatrix) {
  const outputs = groups * units;
  const weights = { label: 'weights' as Part, begin: 0, length: outputs * inputs };
  return hasBias ? [weights, { label: 'biases' as Part, begin: weights.length, length: outputs }] : [weights];
}
