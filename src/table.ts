/** Tables that are read by what files say. */

/**
 * A table in which nothing stands but its entries. A plain object also has what every object has: it would hold a function
 * under `constructor` and `toString`, which a file may well name an operator or an attribute.
 */
export function table<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null) as Record<string, T>, entries);
}

/** Whether every object of JavaScript has something of that name. */
export function isReserved(name: string): boolean {
  return name in Object.prototype;
}
