/** Numbers of repeated experiments. */

/** A share in percent with its standard deviation: "81.3 ± 0.4"; one repetition has none. */
export function spreadText(
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
  repetitions: number,
): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  return repetitions > 1 ? `${percent(mean)} ± ${percent(deviation)}` : percent(mean);
}
