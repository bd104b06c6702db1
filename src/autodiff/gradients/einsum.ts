import type { Dim } from '../../graph/builder.js';
import { int64 } from '../../tensor.js';
import { stringAttribute } from '../../onnx/attributes.js';
import { algebra } from '../algebra.js';
import { parseEquation, type Equation } from '../../graph/einsum-equation.js';
import type { BackwardContext, GradientTable } from '../gradient.js';
import { expandLike } from '../shapes.js';

/** Sums of products by an equation. */
export const einsum = {
  /** y = Σ Π xᵢ by an equation: dxᵢ is the equation with y and xᵢ exchanged, applied to dy and the other operands. */
  Einsum: {
    backward: (context) => {
      const { node, dims, needs } = context;
      const ranks = node.input.map((name) => dims(name).length);
      const equation = parseEquation(stringAttribute(node, 'equation', ''), ranks);
      return node.input.map((_, i) => (needs(i) ? toOperand(context, equation, i) : undefined));
    },
  },
} satisfies GradientTable;

/** A factor of the product that makes up a gradient. */
interface EinsumTerm {
  readonly name: string;
  readonly labels: readonly string[];
  readonly dims: readonly Dim[];
}

function toOperand(context: BackwardContext, { operands, result }: Equation, index: number): string {
  const { g, node, input, output, dims, dy } = context;
  const x = input(index);
  const labels = operands[index]!;
  const factors: EinsumTerm[] = [
    ...node.input.flatMap((name, i) => (i === index ? [] : [{ name, labels: operands[i]!, dims: dims(name) }])),
    { name: dy, labels: result, dims: dims(output(0)) },
  ];
  const sizeOf = (label: string) => dims(x)[labels.indexOf(label)];
  const sizesElsewhere = (label: string) =>
    factors.flatMap((factor) => factor.labels.flatMap((other, axis) => (other === label ? [factor.dims[axis]] : [])));

  // Summed are the labels that x lacks, and those along which x has one element that was broadcast.
  const unique = [...new Set(labels)];
  const kept = unique.filter((label) => {
    const elsewhere = sizesElsewhere(label);
    return elsewhere.length > 0 && (sizeOf(label) !== 1 || elsewhere.every((size) => size === 1));
  });
  const equation = `${factors.map((factor) => factor.labels.join('')).join(',')}->${kept.join('')}`;
  const names = factors.map(({ name }) => name);
  const product = g.op('Einsum', names, { equation });

  // Back to x's axes: a label that only x has was summed, so its gradient is the same all along.
  const lost = unique.flatMap((label, axis) => (kept.includes(label) ? [] : [axis]));
  const repeated = labels.flatMap((label, axis) => (labels.indexOf(label) === axis ? [] : [axis]));
  const unsqueezed = (value: string, axes: number[]) =>
    axes.length === 0 ? value : g.op('Unsqueeze', [value, g.ints(axes)]);
  const apart = unsqueezed(unsqueezed(product, lost), repeated);
  const isWhole = unique.every((label) => sizesElsewhere(label).includes(sizeOf(label)));
  const whole = isWhole && repeated.length === 0 ? apart : expandLike(context, apart, x);
  return repeated.reduce(
    (gradient, axis) => onDiagonal(context, gradient, x, labels.indexOf(labels[axis]!), axis),
    whole,
  );
}

/** A value of x's shape, 0 but where the positions along two axes are equal. */
function onDiagonal(
  { g, dims, type }: BackwardContext,
  value: string,
  x: string,
  first: number,
  second: number,
): string {
  const [zero, one] = [g.constant(int64([0], [])), g.constant(int64([1], []))];
  const size = g.op('Squeeze', [g.op('Shape', [x], { start: first, end: first + 1 })]);
  const positions = g.op('Range', [zero, size, one]);
  const along = (axis: number) => g.op('Reshape', [positions, g.ints(dims(x).map((_, i) => (i === axis ? -1 : 1)))]);
  return algebra(g, type(x)).where(g.op('Equal', [along(first), along(second)]), value, 0);
}
