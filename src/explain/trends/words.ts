/** Numbers as sentences have them. */

/** Three digits of a number, without zeros at the end. */
export const said = (value: number): string => String(Number(value.toPrecision(3)));

/** A share in per cent, in three digits: `12.5 %`. */
export const percent = (share: number): string => `${said(100 * share)} %`;
