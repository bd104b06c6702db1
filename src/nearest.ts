/** Suggestions for mistyped names. */

/** The names nearest to a mistyped one, best first. */
export function nearestNames(typed: string, names: readonly string[], count = 3): string[] {
  const known = [...new Set(names)];
  const ranked = known.map((name) => ({ name, edits: distance(name.toLowerCase(), typed.toLowerCase()) }));
  return ranked
    .sort((a, b) => a.edits - b.edits)
    .slice(0, count)
    .map(({ name }) => name);
}

/** Edit distance (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
