/** Text in files that are opened in a spreadsheet. */

/** Text that a spreadsheet takes for text: one that begins as a formula does gets an apostrophe before it. */
export function formulaGuarded(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
