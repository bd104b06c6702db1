/** Standardization: h = (x − m)·r, with m the mean and r = 1/√(variance + ε) over some axes. */
import type { GraphBuilder } from '../graph/builder.js';
import type { ElementType } from '../tensor.js';
import { algebra } from './algebra.js';

/** Values of a standardization, and the way back through it. */
export interface Standardized {
  /** h, in the shape of x. */
  readonly standardized: string;
  /** r, with ones for the axes. */
  readonly inverse: string;
  /** The mean of a value over the axes, with ones for them. */
  readonly mean: (value: string) => string;
  /** dx = r·(dh − mean dh − h·mean(dh·h)). */
  readonly toInput: (dh: string) => string;
}

/** Emits the standardization of a value. */
export function standardize(
  g: GraphBuilder,
  type: ElementType,
  x: string,
  axes: readonly number[],
  epsilon: number,
): Standardized {
  const { add, sub, mul, div, apply } = algebra(g, type);
  const mean = (value: string) => g.op('ReduceMean', [value, g.ints(axes)], { keepdims: 1 });
  const centred = sub(x, mean(x));
  const inverse = div(1, apply('Sqrt', add(mean(mul(centred, centred)), epsilon)));
  const standardized = mul(centred, inverse);
  return {
    standardized,
    inverse,
    mean,
    toInput: (dh) => mul(inverse, sub(sub(dh, mean(dh)), mul(standardized, mean(mul(dh, standardized))))),
  };
}
