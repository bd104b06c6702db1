/** Names of classes in reports. */

/** Name of a class; its number where the table has none. */
export function className(classNames: readonly string[], index: number): string {
  return classNames[index] ?? String(index);
}
