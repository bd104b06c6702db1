/** The tails of Student's t distribution, far out too. */

/**
 * How likely a t of this size or a larger one is, on either side, where nothing is going on. It is the regularised incomplete
 * beta function I_x(ν/2, ½) at x = ν/(ν + t²), to some 13 digits however small it is: 0 is below the least number.
 *
 * @param t either sign; ±Infinity gives 0
 * @param freedom ν, degrees of freedom, above 0
 */
export function studentTwoSided(t: number, freedom: number): number {
  const share = t ** 2 / freedom;
  if (share === Infinity) return 0;
  return halfBeta(freedom / 2, 1 / (1 + share), share / (1 + share), -Math.log1p(share));
}

/**
 * The two-sided p-value of a correlation of n pairs, by t = ρ√((n − 2)/(1 − ρ²)) with n − 2 degrees of freedom: exact for
 * Pearson's of normal values, good for Spearman's from some ten pairs on. 1 of fewer than three pairs.
 */
export function correlationTwoSided(rho: number, pairs: number): number {
  if (pairs < 3) return 1;
  const unexplained = (1 - rho) * (1 + rho);
  if (unexplained <= 0) return 0;
  // 1 + t²/ν is 1/(1 − ρ²). Near ρ = 0 the logarithm is of something near 1, near ±1 the difference is exact.
  const logX = rho ** 2 < 0.5 ? Math.log1p(-(rho ** 2)) : Math.log(unexplained);
  return halfBeta((pairs - 2) / 2, unexplained, rho ** 2, logX);
}

/**
 * I_x(a, ½) as x^a √(1−x) / (a B(a, ½)) times a continued fraction, which converges fast for x below the mean; above it, one
 * less than the other tail, which is not small there.
 *
 * @param y 1 − x, and logX ln x: as exact as x itself, which subtraction would not give
 */
function halfBeta(a: number, x: number, y: number, logX: number): number {
  if (y === 0) return 1;
  const front = Math.exp(a * logX) * Math.sqrt(y) * inverseBeta(a);
  if (x < (a + 1) / (a + 2.5)) return (front * fraction(a, 0.5, x)) / a;
  return 1 - (front * fraction(0.5, a, y)) / 0.5;
}

/** 1/B(a, ½) = Γ(a+½)/(Γ(a)√π): by Stirling's series for the quotient where a is large, stepped down to where it is not. */
function inverseBeta(a: number): number {
  let [large, factor] = [a, 1];
  // Γ(a+½)/Γ(a) = a/(a+½) · Γ(a+3⁄2)/Γ(a+1). From 40 on the series below is off by less than 1e-17.
  for (; large < 40; large++) factor *= large / (large + 0.5);
  const i = 1 / large;
  const series = 1 + i * (-1 / 8 + i * (1 / 128 + i * (5 / 1024 + i * (-21 / 32768 + i * TAIL(i)))));
  return (factor * Math.sqrt(large) * series) / Math.sqrt(Math.PI);
}

const TAIL = (i: number) => -399 / 262144 + i * (869 / 4194304 + i * (39325 / 33554432 - (i * 334477) / 2147483648));

/** The continued fraction of the incomplete beta function, by the modified algorithm of Lentz. */
function fraction(a: number, b: number, x: number): number {
  const kept = (value: number) => (Math.abs(value) < Number.MIN_VALUE * 2 ** 52 ? Number.MIN_VALUE * 2 ** 52 : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    result *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    const change = c * d;
    result *= change;
    if (Math.abs(change - 1) <= 2 * Number.EPSILON) break;
  }
  return result;
}

/** It takes some √max(a, b) terms. */
const MOST_TERMS = 10_000;
