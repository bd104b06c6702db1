/** Results that were put together from what shards computed: the same whenever, and wherever, that was. */

/** A result without how long each part of it took. */
export function withoutTimes<T>(result: T): T {
  if (Array.isArray(result)) return result.map((each: unknown) => withoutTimes(each)) as T;
  if (typeof result !== 'object' || result === null || ArrayBuffer.isView(result)) return result;
  const entries = Object.entries(result).filter(([key]) => key !== 'seconds');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutTimes(value as unknown)])) as T;
}
