/** The features of examples as points of a plane. */
import type { Result } from '../../../results/kinds.js';

/** Coordinates that a result may hold: of training examples, and of the inputs. */
export interface FeatureMap {
  readonly method: string;
  readonly layer: string;
  /** Share of the variance along each axis, for PCA. */
  readonly explained?: readonly number[] | undefined;
  readonly train: {
    readonly indices: readonly number[];
    readonly labels: readonly number[];
    readonly x: readonly number[];
    readonly y: readonly number[];
  };
  readonly queries: { readonly x: readonly number[]; readonly y: readonly number[] };
}

/** The map of a result; undefined where it has none. */
export const mapOf = (result: Result): FeatureMap | undefined => (result as { map?: FeatureMap }).map;

/** Whether a result has a map. */
export const hasMap = (result: Result): boolean => mapOf(result) !== undefined;

/** Whether a point lies within a polygon (even-odd rule). */
export function isInside(x: number, y: number, polygon: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i]!;
    const [xj, yj] = polygon[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
