/** Formulas over values of a graph, written as formulas: operands are value names or numbers. */
import { elementTypeCode } from '../onnx/element-type.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { ElementType } from '../tensor.js';

/** A value of the graph by its name, or a number of the formula's element type. */
export type Operand = string | number;

/** Emits one node an operation; everything broadcasts as in NumPy. */
export interface Algebra {
  readonly add: (...terms: Operand[]) => string;
  readonly sub: (left: Operand, right: Operand) => string;
  readonly mul: (...factors: Operand[]) => string;
  readonly div: (left: Operand, right: Operand) => string;
  /**
   * left/right, and 0 where the divisor is 0. Gradients of it are 0 there as well, to every order: what is not chosen is
   * not infinite either, as 0 times that would be NaN on the way back.
   */
  readonly divOrZero: (left: Operand, right: Operand) => string;
  readonly pow: (base: Operand, exponent: Operand) => string;
  readonly neg: (x: Operand) => string;
  /** Any operator with one input. */
  readonly apply: (op: string, x: Operand) => string;
  /** Any operator that compares two values; truth values come out. */
  readonly compare: (
    op: 'Less' | 'LessOrEqual' | 'Greater' | 'GreaterOrEqual' | 'Equal',
    left: Operand,
    right: Operand,
  ) => string;
  readonly where: (condition: string, yes: Operand, no: Operand) => string;
  /** x, but no less than `low` and no more than `high`. */
  readonly clip: (x: Operand, low: number, high: number) => string;
  /** x, but no less than `low`. */
  readonly atLeast: (x: Operand, low: number) => string;
  /** The number as a constant of the element type. */
  readonly constant: (value: number) => string;
  /** A value of another type, as the element type. */
  readonly cast: (value: string) => string;
}

/**
 * The algebra of one element type.
 * @param type what numbers in a formula become
 */
export function algebra(g: GraphBuilder, type: ElementType): Algebra {
  const cast = (value: string) => g.op('Cast', [value], { to: elementTypeCode(type) });
  const constant = (value: number) =>
    type === 'float32' || type === 'float64' ? g.scalar(value, type) : cast(g.scalar(value));
  const name = (operand: Operand) => (typeof operand === 'number' ? constant(operand) : operand);
  const binary = (op: string, left: Operand, right: Operand) => g.op(op, [name(left), name(right)]);
  const fold = (op: string, operands: readonly Operand[]) =>
    operands.map(name).reduce((left, right) => g.op(op, [left, right]));
  const where = (condition: string, yes: Operand, no: Operand) => g.op('Where', [condition, name(yes), name(no)]);
  return {
    add: (...terms) => fold('Add', terms),
    sub: (left, right) => binary('Sub', left, right),
    mul: (...factors) => fold('Mul', factors),
    div: (left, right) => binary('Div', left, right),
    divOrZero: (left, right) => {
      const isZero = binary('Equal', right, 0);
      return where(isZero, 0, binary('Div', left, where(isZero, 1, right)));
    },
    pow: (base, exponent) => binary('Pow', base, exponent),
    neg: (x) => g.op('Neg', [name(x)]),
    apply: (op, x) => g.op(op, [name(x)]),
    compare: binary,
    where,
    clip: (x, low, high) => g.op('Clip', [name(x), name(low), name(high)]),
    atLeast: (x, low) => g.op('Clip', [name(x), name(low)]),
    constant,
    cast,
  };
}
