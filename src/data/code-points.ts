/** Text in the order of its code points. */

/**
 * Compares two texts by their code points, as Python sorts them; JavaScript's own order is that of UTF-16 units, which
 * differs where one text has a character beyond U+FFFF and the other one from U+E000 on.
 */
export function byCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    // At the first unit that differs, both stand within their characters at the same place.
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return keyOf(a.charCodeAt(i)) - keyOf(b.charCodeAt(i));
  }
  return a.length - b.length;
}

/** Surrogates stand for the largest code points, so they move behind all other units. */
function keyOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
