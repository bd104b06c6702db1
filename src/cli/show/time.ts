/** How long something took, behind a comma; nothing where it was computed in parts, which have no time of their own. */
export function timeText(seconds: number | undefined, digits = 1): string {
  return seconds === undefined ? '' : `, ${seconds.toFixed(digits)} s`;
}
