/** What costs of lowerings are made of, in the units of `Candidate`. */
import type { ConvGeometry } from './geometry.js';

/** Multiply–adds an example, in millions. */
export function work({ channels, filters, group, taps, places }: ConvGeometry): number {
  return (channels * filters * taps * places) / group / 1e6;
}

/** Elements of the im2col matrix of an example, in millions. */
export function columnElements({ channels, taps, places }: ConvGeometry): number {
  return (channels * taps * places) / 1e6;
}
