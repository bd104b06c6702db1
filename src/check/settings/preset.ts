/** What kind of change a new export is meant to be; every rule has limits for each. */

/** From the strictest to the most lenient. */
export const PRESETS = ['re-export', 'float16', 'int8'] as const;

/**
 * `re-export`: the same weights in float32, whatever exporter, operator set or folding made the file.
 * `float16`: the same weights rounded to 16 bits. `int8`: weights, and perhaps activations, quantised to 8 bits.
 */
export type Preset = (typeof PRESETS)[number];
