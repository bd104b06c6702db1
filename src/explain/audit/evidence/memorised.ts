/** Whether a network has memorised its labels: then what it says of its training examples is what it was told. */

/**
 * Share of contradicted labels that the network repeats, from which on it counts as having memorised its labels. Before it
 * learns labels one by one, the share was 4 to 20 % in our measurements: examples that are hard, not wrong.
 */
export const MEMORISED = 0.3;

/** How far a network repeats labels that evidence from other examples contradicts. */
export interface Memorisation {
  /** Examples whose label is not the likeliest by what other examples say. */
  readonly contradicted: number;
  /** Share of them whose label the network itself gives, 0 to 1; 0 where there are none. */
  readonly repeated: number;
}

/**
 * Measures memorisation. Training accuracy alone does not tell: 78 % may be a network that has learnt all that there is to
 * learn from labels of which 10 % are wrong, or one that has begun to learn those; on contradicted labels the
 * accuracy is low until the network learns them one by one.
 * @param likely the class that other examples speak for, [rows]
 * @param given the class that the network gives, [rows]
 */
export function memorisation(likely: Int32Array, given: Int32Array, labels: Int32Array): Memorisation {
  let contradicted = 0;
  let repeated = 0;
  labels.forEach((label, i) => {
    if (likely[i] === label) return;
    contradicted++;
    if (given[i] === label) repeated++;
  });
  return { contradicted, repeated: contradicted > 0 ? repeated / contradicted : 0 };
}
