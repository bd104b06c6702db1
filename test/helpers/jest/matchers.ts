/** Matchers for arrays of floats. */
import { expect } from '@jest/globals';

interface Tolerance {
  /** Allowed |actual − expected| relative to the largest |expected|. */
  readonly relative?: number;
  /** Allowed |actual − expected|. */
  readonly absolute?: number;
}

declare module 'expect' {
  interface Matchers<R> {
    /** Same length, and every difference within `absolute + relative · max|expected|`; NaN never passes. */
    toBeAllClose(expected: ArrayLike<number>, tolerance: Tolerance): R;
  }
}

expect.extend({
  toBeAllClose(received: unknown, expected: ArrayLike<number>, { relative = 0, absolute = 0 }: Tolerance) {
    const actual = received as ArrayLike<number>;
    if (actual.length !== expected.length) {
      return { pass: false, message: () => `length ${actual.length}, expected ${expected.length}` };
    }
    let scale = 0;
    for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
    const limit = absolute + relative * scale;
    let worst = 0;
    let place = -1;
    for (let i = 0; i < expected.length; i++) {
      const error = Math.abs(actual[i]! - expected[i]!);
      if (!(error <= worst)) {
        worst = error;
        place = i;
        if (Number.isNaN(error)) break;
      }
    }
    const pass = worst <= limit;
    return {
      pass,
      message: () =>
        `largest difference ${worst} at ${place} (${actual[place]} for ${expected[place]}), allowed ${pass ? 'outside ' : ''}${limit}`,
    };
  },
});
