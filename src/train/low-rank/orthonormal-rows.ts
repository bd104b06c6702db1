/** Orthonormal rows in a graph, for many matrices at once: Gram–Schmidt on their Gram matrices. */
import type { GraphBuilder } from '../../graph/builder.js';
import { float64, int64 } from '../../tensor.js';
import { elementTypeCode } from '../../onnx/element-type.js';

/**
 * What is left of a row's squared length behind the rows before it, below which it counts as none: float32 rows that depend on
 * one another leave about 1e-13.
 */
const SMALLEST_PIVOT = 1e-10;

/**
 * Rows of each matrix made orthonormal in their order, on the Gram matrices of all in float64, so that what it takes in nodes
 * does not depend on how many there are. A row that the rows before it span comes out as zeros, and so does one of zeros.
 * @param matrices float32 [rank, columns], all of one rank
 * @returns float32, of the same shapes
 */
export function emitOrthonormalRows(g: GraphBuilder, matrices: readonly string[], rank: number): string[] {
  const unit = matrices.map((matrix) => emitUnitRows(g, g.op('Cast', [matrix], { to: elementTypeCode('float64') })));
  const grams = unit.map((rows) => {
    const gram = g.op('MatMul', [rows, g.op('Transpose', [rows], { perm: [1, 0] })]);
    return g.op('Unsqueeze', [gram, g.ints([0])]);
  });
  const coefficients = emitCoefficients(g, grams.length === 1 ? grams[0]! : g.op('Concat', grams, { axis: 0 }), rank);
  return unit.map((rows, i) => {
    const own = g.op('Gather', [coefficients, g.constant(int64([i], []))], { axis: 0 });
    return g.op('Cast', [g.op('MatMul', [own, rows])], { to: elementTypeCode('float32') });
  });
}

/** Rows of length 1, or of zeros. @param rows float64 [rank, columns] */
function emitUnitRows(g: GraphBuilder, rows: string): string {
  // Squares of float32 numbers neither overflow nor vanish in float64.
  const length = g.op('Sqrt', [g.op('ReduceSumSquare', [rows, g.ints([1])], { keepdims: 1 })]);
  return g.op('Mul', [rows, emitInverse(g, length, 0)]);
}

/** 1/x where x is above a threshold, and 0 elsewhere; float64. */
function emitInverse(g: GraphBuilder, x: string, threshold: number): string {
  const isAbove = g.op('Greater', [x, g.scalar(threshold, 'float64')]);
  return g.op('Where', [isAbove, g.op('Reciprocal', [x]), g.scalar(0, 'float64')]);
}

/**
 * The combinations of rows that are orthonormal: elimination of [G | I] from the left leaves on the right what each row has to be
 * combined with, and each pivot is the squared length of the result.
 * @param grams float64 [matrices, rank, rank]
 * @returns float64 [matrices, rank, rank]
 */
function emitCoefficients(g: GraphBuilder, grams: string, rank: number): string {
  const identity = Float64Array.from({ length: rank * rank }, (_, i) => (i % (rank + 1) === 0 ? 1 : 0));
  // Zeros of the Gram matrices' shape carry the identity to as many matrices.
  const zeros = g.op('Mul', [grams, g.scalar(0, 'float64')]);
  const right = g.op('Add', [zeros, g.constant(float64(identity, [rank, rank]))]);
  let both = g.op('Concat', [grams, right], { axis: 2 });
  const slice = (value: string, begin: number, end: number, axis: number) =>
    g.op('Slice', [value, g.ints([begin]), g.ints([end]), g.ints([axis])]);
  const pivots: string[] = [];
  for (let j = 0; j < rank; j++) {
    const row = slice(both, j, j + 1, 1);
    const pivot = slice(row, j, j + 1, 2);
    pivots.push(pivot);
    if (j === rank - 1) break;
    const below = Float64Array.from({ length: rank }, (_, i) => (i > j ? 1 : 0));
    const column = g.op('Mul', [slice(both, j, j + 1, 2), g.constant(float64(below, [rank, 1]))]);
    const factors = g.op('Mul', [column, emitInverse(g, pivot, SMALLEST_PIVOT)]);
    both = g.op('Sub', [both, g.op('Mul', [factors, row])]);
  }
  const lengths = g.op('Sqrt', [g.op('Max', [g.op('Concat', pivots, { axis: 1 }), g.scalar(0, 'float64')])]);
  return g.op('Mul', [slice(both, rank, 2 * rank, 2), emitInverse(g, lengths, Math.sqrt(SMALLEST_PIVOT))]);
}
