/** Fields of CSV files (RFC 4180). */

/** Text as a field: quoted where it has to be; a formula in a name must stay text in a spreadsheet. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
