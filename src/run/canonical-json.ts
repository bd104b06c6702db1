/** One text for one value, so that a checksum of it means the value. */

/** JSON without white space, with the keys of every object in the order of their code units. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (isPlain(part) ? sorted(part) : part));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A map of entries in order; without a prototype, so that `__proto__` is a key like others. */
function sorted(record: Record<string, unknown>): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  // Keys that are whole numbers always come first in JavaScript, in their own order: no less definite.
  for (const key of Object.keys(record).sort()) copy[key] = record[key];
  return copy;
}
