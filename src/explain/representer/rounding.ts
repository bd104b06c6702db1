/** How far values that are computed in floating point can be from the exact ones. */

/** A floating-point type, as far as errors depend on it. */
export interface Precision {
  readonly type: 'float32' | 'float64';
  /** Relative error of one rounding, at most. */
  readonly unit: number;
  /** Absolute error of one operation that underflows, at most: the smallest normal number. */
  readonly least: number;
  /** Products of vectors whose lengths multiply to less than this do not overflow. */
  readonly largest: number;
}

/** The types that values are computed in. */
export const PRECISIONS = {
  float32: { type: 'float32', unit: 2 ** -24, least: 2 ** -126, largest: 2 ** 126 },
  float64: { type: 'float64', unit: 2 ** -53, least: 2 ** -1022, largest: 2 ** 1022 },
} as const satisfies Record<string, Precision>;

/** Roundings besides those of the sum over the columns: of the query, of α, of the appended 1 and of the last product. */
const FURTHER_ROUNDINGS = 8;

/** How far computed values are from the exact ones, at most. */
export interface ValueErrors {
  /** Relative to |α_i| ‖f_i‖ ‖f_t‖. */
  readonly relative: number;
  /** Besides, where no |α_i| is above 1; infinite where products could overflow. */
  readonly absolute: number;
}

/**
 * By how much values α_i ⟨f_i, f_t⟩ can be off. A sum of products errs, in whatever order, by at most one rounding for each of its
 * terms, and Σ |f_ik f_tk| ≤ ‖f_i‖ ‖f_t‖.
 * @param columns terms of a product
 * @param longest max ‖f_i‖, the appended 1 included
 * @param length ‖f_t‖, likewise
 */
export function valueErrors(precision: Precision, columns: number, longest: number, length: number): ValueErrors {
  const { unit, least, largest } = precision;
  const terms = columns + FURTHER_ROUNDINGS;
  const relative = terms * unit < 0.5 ? (terms * unit) / (1 - terms * unit) : Infinity;
  const fits = longest < largest && length < largest && longest * length < largest;
  // Underflow of a factor counts times the other one.
  return { relative, absolute: fits ? 4 * terms * least * (1 + longest) * (1 + length) : Infinity };
}
