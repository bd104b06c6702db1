/** Sums of products over named axes. */
import type { GraphBuilder } from '../../../src/graph/builder.js';
import { elementCount } from '../../../src/tensor.js';
import { combinations, type LinearCase } from './case.js';

interface SumSettings {
  readonly name: string;
  /** One letter an axis: input, weight and result. */
  readonly axes: readonly [input: string, weight: string, result: string];
  readonly sizes: Readonly<Record<string, number>>;
  /** Axes of the bias, the last ones of the result. */
  readonly bias?: string;
  readonly emit: (g: GraphBuilder, x: string, weight: string) => string;
  /** The weight's dimensions where they are not those of its letters. */
  readonly stored?: readonly number[];
}

/** A sum of products over named axes. An input's axis of size 1 is the same for all of it. */
function sumCase({ name, axes, sizes, bias = '', emit, stored }: SumSettings): LinearCase {
  const [input, weight, result] = axes;
  const dims = (letters: string) => [...letters].map((letter) => (letter === '1' ? 1 : sizes[letter]!));
  const labels = [...new Set([...input, ...weight])].filter((letter) => letter !== '1');
  const indexOf = (letters: string, at: ReadonlyMap<string, number>) =>
    dims(letters).reduce((index, size, i) => index * size + (at.get(letters[i]!) ?? 0), 0);
  return {
    name,
    inputDims: dims(input),
    weightDims: stored ?? dims(weight),
    bias: bias === '' ? 0 : elementCount(dims(bias)),
    emit: (g, x, w, b) => {
      const product = emit(g, x, w);
      return b === '' ? product : g.op('Add', [product, g.op('Reshape', [b, g.ints(dims(bias))])]);
    },
    slow: (x, w, b) => {
      const output = new Float64Array(elementCount(dims(result)));
      for (const place of combinations(dims(labels.join('')))) {
        const at = new Map(labels.map((label, i) => [label, place[i]!]));
        output[indexOf(result, at)]! += w[indexOf(weight, at)]! * x[indexOf(input, at)]!;
      }
      if (bias !== '') output.forEach((_, i) => (output[i]! += b[i % b.length]!));
      return output;
    },
  };
}

const einsum = (equation: string) => (g: GraphBuilder, x: string, weight: string) =>
  g.op('Einsum', [x, weight], { equation });

/** By Einsum, and by MatMul with a stack of matrices. */
export const sums: readonly LinearCase[] = [
  sumCase({
    name: 'Einsum, a matrix',
    axes: ['bi', 'io', 'bo'],
    sizes: { b: 1, i: 5, o: 3 },
    emit: einsum('bi,io->bo'),
  }),
  sumCase({
    name: 'Einsum, heads of an attention',
    axes: ['btc', 'chk', 'bthk'],
    sizes: { b: 1, t: 7, c: 4, h: 2, k: 3 },
    bias: 'hk',
    emit: einsum('btc,chk->bthk'),
  }),
  sumCase({
    name: 'Einsum, heads joined, an ellipsis',
    axes: ['bthk', 'hkc', 'btc'],
    sizes: { b: 1, t: 6, c: 4, h: 2, k: 3 },
    emit: einsum('...hk,hkc->...c'),
  }),
  sumCase({
    name: 'Einsum, weight first, a matrix for each group, axes in odd orders',
    axes: ['bgti', 'oig', 'tbog'],
    sizes: { b: 1, g: 3, t: 4, i: 2, o: 3 },
    emit: (g, x, w) => g.op('Einsum', [w, x], { equation: 'oig,bgti->tbog' }),
  }),
  sumCase({
    name: 'MatMul, a stack of matrices on the right',
    axes: ['bgti', 'gio', 'bgto'],
    sizes: { b: 1, g: 3, t: 5, i: 4, o: 2 },
    emit: (g, x, w) => g.op('MatMul', [x, w]),
  }),
  sumCase({
    name: 'MatMul, a stack of matrices on the left, few positions',
    axes: ['bgit', 'goi', 'bgot'],
    sizes: { b: 1, g: 2, t: 2, i: 5, o: 3 },
    emit: (g, x, w) => g.op('MatMul', [w, x]),
  }),
  sumCase({
    name: 'MatMul, the same input for each matrix of a stack',
    axes: ['b1ti', 'gio', 'bgto'],
    sizes: { b: 1, g: 3, t: 4, i: 2, o: 3 },
    emit: (g, x, w) => g.op('MatMul', [x, w]),
  }),
  sumCase({
    name: 'MatMul, a matrix behind axes of one element',
    axes: ['bit', 'oi', 'bot'],
    sizes: { b: 1, t: 4, i: 3, o: 2 },
    stored: [1, 2, 3],
    emit: (g, x, w) => g.op('MatMul', [w, x]),
  }),
];
