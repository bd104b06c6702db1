/** Matrix products with a weight of two axes. */
import type { GraphBuilder } from '../../../src/graph/builder.js';
import { elementCount } from '../../../src/tensor.js';
import type { LinearCase } from './case.js';

interface ProductSettings {
  readonly name: string;
  readonly inputDims: readonly number[];
  readonly units: number;
  readonly bias?: boolean;
  /** How the weight is stored. */
  readonly stored: 'units first' | 'inputs first';
  /** The axis of the input that the weight acts on. */
  readonly axis: 'last' | 'last but one';
  readonly emit: (g: GraphBuilder, x: string, weight: string, bias: string) => string;
}

/** A matrix product of the input's vectors with the weight. */
function productCase({ name, inputDims, units, bias = false, stored, axis, emit }: ProductSettings): LinearCase {
  const inputs = inputDims.at(axis === 'last' ? -1 : -2)!;
  /** Vectors that lie interleaved in memory: with the last axis each lies by itself. */
  const interleaved = axis === 'last' ? 1 : inputDims.at(-1)!;
  const outer = elementCount(inputDims) / (inputs * interleaved);
  return {
    name,
    inputDims,
    weightDims: stored === 'units first' ? [units, inputs] : [inputs, units],
    bias: bias ? units : 0,
    emit,
    slow: (x, weight, b) => {
      const result: number[] = [];
      for (let o = 0; o < outer; o++) {
        for (let place = 0; place < interleaved; place++) {
          for (let unit = 0; unit < units; unit++) {
            let sum = bias ? b[unit]! : 0;
            for (let i = 0; i < inputs; i++) {
              const w = stored === 'units first' ? weight[unit * inputs + i]! : weight[i * units + unit]!;
              sum += w * x[(o * inputs + i) * interleaved + place]!;
            }
            result.push(sum);
          }
        }
      }
      return Float64Array.from(result);
    },
  };
}

/** By Gemm and MatMul, the weight on either side. */
export const products: readonly LinearCase[] = [
  productCase({
    name: 'Gemm, weight [out, in], bias',
    inputDims: [1, 7],
    units: 5,
    bias: true,
    stored: 'units first',
    axis: 'last',
    emit: (g, x, w, b) => g.op('Gemm', [x, w, b], { transB: 1 }),
  }),
  productCase({
    name: 'Gemm, weight [in, out]',
    inputDims: [1, 6],
    units: 4,
    stored: 'inputs first',
    axis: 'last',
    emit: (g, x, w) => g.op('Gemm', [x, w]),
  }),
  productCase({
    name: 'Gemm, transposed weight behind a Transpose, bias',
    inputDims: [1, 6],
    units: 3,
    bias: true,
    stored: 'units first',
    axis: 'last',
    emit: (g, x, w, b) => g.op('Gemm', [x, g.op('Transpose', [w]), b]),
  }),
  productCase({
    name: 'MatMul, many positions, bias added apart',
    inputDims: [1, 11, 4],
    units: 3,
    bias: true,
    stored: 'inputs first',
    axis: 'last',
    emit: (g, x, w, b) => g.op('Add', [g.op('MatMul', [x, w]), b]),
  }),
  productCase({
    name: 'MatMul, stacked inputs',
    inputDims: [1, 2, 3, 5],
    units: 4,
    stored: 'inputs first',
    axis: 'last',
    emit: (g, x, w) => g.op('MatMul', [x, w]),
  }),
  productCase({
    name: 'MatMul, weight on the left',
    inputDims: [1, 5, 9],
    units: 3,
    stored: 'units first',
    axis: 'last but one',
    emit: (g, x, w) => g.op('MatMul', [w, x]),
  }),
];
