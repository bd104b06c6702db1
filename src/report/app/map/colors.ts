/** What the points of a map look like: by class, by what an audit says of their labels, or by what they do to an input. */
import type { Color } from '../../../plot/colors.js';
import type { MapPoint } from './points.js';

/** Shapes that classes are told apart by beside their colours. */
export const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'cross', 'plus'] as const;

/** The shape of a point. */
export type Shape = (typeof SHAPES)[number] | 'ring';

/** Classes that colours and shapes tell apart. */
export const TOLD_APART = SHAPES.length;

/** What a point looks like. */
export interface Look {
  readonly color: Color;
  readonly shape: Shape;
  /** Radius in pixels of the page. */
  readonly radius: number;
  /** What stands out is drawn last. */
  readonly front: number;
}

/** How the points of a map look. */
export type Looks = (point: MapPoint) => Look;

const QUIET: Look = { color: 'area', shape: 'circle', radius: 2.2, front: 0 };
const INPUT: Look = { color: 'ink', shape: 'ring', radius: 6, front: 3 };

/** Few classes each in their colour and shape; of many, one is singled out. @param chosen the class that is */
export function byClass(classes: readonly number[], chosen: number | undefined): Looks {
  const places = new Map(classes.map((label, i) => [label, i]));
  return ({ of, label }) => {
    if (of === 'input') return INPUT;
    if (chosen !== undefined && label !== chosen) return QUIET;
    if (classes.length > TOLD_APART) {
      return chosen === undefined
        ? { ...QUIET, color: 'outline' }
        : { color: 'accent', shape: 'circle', radius: 3.2, front: 1 };
    }
    const place = places.get(label) ?? 0;
    return { color: `series${(place + 1) as 1 | 2 | 3 | 4 | 5 | 6}`, shape: SHAPES[place]!, radius: 3, front: 1 };
  };
}

/** By signed values, which grow to the largest magnitude; what has none is quiet. */
export function byValue(values: ReadonlyMap<number, number>): Looks {
  let largest = 0;
  for (const value of values.values()) largest = Math.max(largest, Math.abs(value));
  return ({ of, index }) => {
    if (of === 'input') return INPUT;
    const value = values.get(index);
    if (value === undefined || value === 0) return QUIET;
    const share = Math.abs(value) / largest;
    return {
      color: value > 0 ? 'accent' : 'opposing',
      shape: value > 0 ? 'circle' : 'square',
      radius: 2.5 + 4.5 * share,
      front: 1 + share,
    };
  };
}
