/** Gradients of functions that act on each element by itself, written as formulas. */
import { floatAttribute } from '../onnx/attributes.js';
import { algebra, type Algebra } from './algebra.js';
import { sumToShapeOf } from './broadcast.js';
import { whereNeeded, type BackwardContext, type Gradient } from './gradient.js';

/** What a formula may use: names of values, and the algebra of their type. */
export interface Formula extends Algebra {
  /** The function's argument. */
  readonly x: string;
  /** The function's result. */
  readonly y: string;
  /** The gradient to y. */
  readonly dy: string;
  /** A number among the node's attributes. */
  readonly attribute: (name: string, fallback: number) => number;
  readonly context: BackwardContext;
}

/** The gradient of a function of one number. @param dx the gradient to x */
export function ofOneInput(dx: (formula: Formula) => string): Gradient {
  return { backward: (context) => [dx(formulaOf(context))] };
}

/** What a formula of operands that are broadcast against one another may use. */
export interface BroadcastFormula extends Formula {
  /** The first operand, and the second. */
  readonly a: string;
  readonly b: string;
  /** Sums a gradient of y's shape to the shape of an operand. */
  readonly to: (operand: number, gradient: string) => string;
}

/**
 * The gradient of a function of several numbers, broadcast.
 * @param parts the gradients to the operands, each emitted only if it is needed; undefined where none passes
 */
export function ofBroadcast(parts: (formula: BroadcastFormula) => readonly ((() => string) | undefined)[]): Gradient {
  return {
    backward: (context) => {
      const { input, output, dims } = context;
      const to = (operand: number, gradient: string) =>
        sumToShapeOf(context, gradient, dims(output(0)), input(operand));
      return whereNeeded(context, parts({ ...formulaOf(context), a: input(0), b: input(1), to }));
    },
  };
}

function formulaOf(context: BackwardContext): Formula {
  const { g, node, input, output, type, dy } = context;
  const attribute = (name: string, fallback: number) => floatAttribute(node, name, fallback);
  // The result's type is the arguments', also where an argument of another type is converted.
  return { ...algebra(g, type(output(0))), x: input(0), y: output(0), dy, attribute, context };
}
