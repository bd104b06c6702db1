/**
 * The colours of plots and pages: one table, with a value for light and one for dark.
 *
 * An SVG names the light value in its attributes, so that it looks right wherever it is shown alone or made into a PNG. It
 * also carries a class for each, and a page that includes {@link themeStyles} takes the colours from its own variables,
 * dark ones included.
 *
 * Warm always means "supports the prediction", blue "opposes it"; the pair stays distinct in all common colour
 * blindness. The predicted class is the one thing in the warm accent; everything else is grey.
 */

/** Name of a colour. */
export type Color = keyof typeof palette;

/** Light and dark value of each colour. */
export const palette = {
  /** Background. */
  plate: ['#ffffff', '#14171b'],
  /** Background of a raised or inset part. */
  inset: ['#f4f5f7', '#1d2127'],
  /** Text. */
  ink: ['#191c20', '#e9ebee'],
  /** Text of second rank; 5.9:1 on the plate. */
  muted: ['#5a636e', '#a4adb8'],
  /** Axes, frames, grid lines. */
  rule: ['#d3d8de', '#3a4149'],
  /** Data that is not singled out: its area and its outline. */
  area: ['#ccd2d9', '#434b55'],
  outline: ['#7b8591', '#939da9'],
  /** The predicted class; what supports it. */
  accent: ['#c4440c', '#ff9a56'],
  accentArea: ['#f0a37e', '#a8531f'],
  /** What opposes it. */
  opposing: ['#1f62ad', '#79b4f7'],
  /** Series of a plot, in this order (after Okabe and Ito), told apart by dashes too. */
  series1: ['#c4440c', '#ff9a56'],
  series2: ['#1f62ad', '#79b4f7'],
  series3: ['#0a7d5a', '#45c79c'],
  series4: ['#a2387a', '#ee8fc7'],
  series5: ['#8a6a00', '#dcb74a'],
  series6: ['#5a636e', '#a4adb8'],
} as const;

/** The colours of series, by index; they repeat after six. */
export function seriesColor(index: number): Color {
  return `series${((index % 6) + 1) as 1 | 2 | 3 | 4 | 5 | 6}`;
}

/** Dash pattern of a series, by index: the first is solid. */
export function seriesDash(index: number): string | undefined {
  return [undefined, '6 3', '2 3', '8 3 2 3', '4 2', '1 2'][index % 6];
}

/** Whether a paint is a colour of the palette rather than a literal. */
export function isColor(paint: string): paint is Color {
  return Object.hasOwn(palette, paint);
}

/**
 * CSS for a page: a variable a colour (`--accent`), light, and dark where the reader prefers it, and the classes that
 * make the parts of inline SVGs follow them.
 */
export function themeStyles(): string {
  const variables = (side: 0 | 1) =>
    Object.entries(palette)
      .map(([name, sides]) => `--${name}:${sides[side]}`)
      .join(';');
  const classes = Object.keys(palette)
    .map((name) => `.fill-${name}{fill:var(--${name})}.stroke-${name}{stroke:var(--${name})}`)
    .join('');
  return (
    `:root{color-scheme:light dark;${variables(0)}}` +
    `@media(prefers-color-scheme:dark){:root{${variables(1)}}}${classes}`
  );
}

/**
 * Colour of a signed value in a picture, as RGBA bytes: the accent or the opposing colour, more opaque the larger the
 * value, and clear at zero, so that the map is centred on zero on any background.
 * @param value in units of the largest magnitude, −1 to 1; beyond is cut
 */
export function divergingColor(value: number): readonly [number, number, number, number] {
  const [red, green, blue] = value < 0 ? negativeRgb : positiveRgb;
  return [red, green, blue, Math.round(255 * Math.min(1, Math.abs(value)))];
}

// Between the light and the dark values, since a picture's bytes cannot follow the page.
const positiveRgb = [217, 83, 25] as const;
const negativeRgb = [43, 117, 196] as const;
