/** Options over their defaults. */

/** The defaults with what is given in their place; what is given as undefined is left at its default. */
export function withDefaults<T extends object>(defaults: T, given: Partial<T> = {}): T {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(said) as Partial<T>) };
}
