/** Reads CSV as RFC 4180 writes it: what a table was before it became text. */

/** Records as objects, by the names in the first line. @throws Error when a record has more or fewer fields than the first line */
export function readCsv(text: string): Record<string, string>[] {
  const records: string[][] = [[]];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    if (!found) throw new Error(`no field at character ${at}`);
    records.at(-1)!.push(found[1]?.replaceAll('""', '"') ?? found[2]!);
    if (found[3] === '\r\n') records.push([]);
  }
  if (records.at(-1)!.length === 0) records.pop();
  const [names, ...lines] = records as [string[], ...string[][]];
  return lines.map((line, i) => {
    if (line.length !== names.length) throw new Error(`${line.length} fields in record ${i + 1}`);
    return Object.fromEntries(names.map((name, k) => [name, line[k]!]));
  });
}
