/** The features of examples as points of a plane. */
import type { FeatureMap } from '../../../results/feature-map.js';
import type { Result } from '../../../results/kinds.js';

/** The map of a result; undefined where it has none. */
export const mapOf = (result: Result): FeatureMap | undefined => ('map' in result ? result.map : undefined);

/** Whether a result has a map. */
export const hasMap = (result: Result): boolean => mapOf(result) !== undefined;

/** A place on the map, in thousandths of its longer side. */
export type Place = readonly [x: number, y: number];

/** What stands at a point. */
export interface MapPoint {
  readonly place: Place;
  /** A training example by its index, or an input by its place in the result. */
  readonly of: 'train' | 'input';
  readonly index: number;
  /** The class of a training example; −1 for an input. */
  readonly label: number;
}

/** The points of a map, and how much of the square of 1,000 by 1,000 they take. */
export interface Points {
  readonly points: readonly MapPoint[];
  readonly width: number;
  readonly height: number;
}

/** The side of the square that places are in. */
export const SIDE = 1000;

const known = new WeakMap<FeatureMap, Points>();

/**
 * The points of a map in the square of {@link SIDE}, its proportions kept; y grows downwards. A map has no direction of its own:
 * what is higher than wide is laid on its side, so that all of it is seen at once. The same each time.
 */
export function pointsOf(map: FeatureMap): Points {
  const found = known.get(map) ?? scaled(map);
  known.set(map, found);
  return found;
}

function scaled(map: FeatureMap): Points {
  const { train, queries } = upright(map) ? turned(map) : map;
  const [left, right] = extent([...train.x, ...queries.x]);
  const [bottom, top] = extent([...train.y, ...queries.y]);
  const scale = SIDE / (Math.max(right - left, top - bottom) || 1);
  const place = (x: number, y: number): Place => [(x - left) * scale, (top - y) * scale];
  return {
    points: [
      ...train.indices.map((index, i): MapPoint => ({
        place: place(train.x[i]!, train.y[i]!),
        of: 'train',
        index,
        label: train.labels[i]!,
      })),
      ...queries.x.map((x, index): MapPoint => ({ place: place(x, queries.y[index]!), of: 'input', index, label: -1 })),
    ],
    width: (right - left) * scale || SIDE,
    height: (top - bottom) * scale || SIDE,
  };
}

function upright({ train, queries }: FeatureMap): boolean {
  const length = (values: readonly number[], more: readonly number[]) => {
    const [least, most] = extent([...values, ...more]);
    return most - least;
  };
  return length(train.y, queries.y) > length(train.x, queries.x);
}

function turned({ train, queries, ...map }: FeatureMap): FeatureMap {
  return { ...map, train: { ...train, x: train.y, y: train.x }, queries: { x: queries.y, y: queries.x } };
}

function extent(values: readonly number[]): readonly [least: number, most: number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** A polygon as the hash of the address keeps it. */
export const lassoText = (polygon: readonly Place[]): string =>
  polygon.map(([x, y]) => `${clamped(x)}_${clamped(y)}`).join('.');

/** A polygon out of the hash; empty where it is none. */
export function lassoOf(text: string | undefined): readonly Place[] {
  if (!text || !/^-?\d+_-?\d+(\.-?\d+_-?\d+){2,}$/.test(text)) return [];
  return text.split('.').map((corner) => corner.split('_').map(Number) as unknown as Place);
}

/** A line may run around the outermost points, and not far beyond them. */
const BEYOND = 50;

const clamped = (value: number) => Math.max(-BEYOND, Math.min(SIDE + BEYOND, Math.round(value)));

/** The training examples within a polygon, by index. */
export function examplesWithin(map: FeatureMap, polygon: readonly Place[]): ReadonlySet<number> {
  const inside = pointsOf(map).points.filter(({ of, place: [x, y] }) => of === 'train' && isInside(x, y, polygon));
  return new Set(inside.map(({ index }) => index));
}

/** The point nearest to a place; undefined where none is within reach. */
export function nearest(points: readonly MapPoint[], [x, y]: Place, reach: number): MapPoint | undefined {
  let [best, least]: [MapPoint | undefined, number] = [undefined, reach * reach];
  for (const point of points) {
    const distance = (point.place[0] - x) ** 2 + (point.place[1] - y) ** 2;
    // Of two at the same place the last one is seen, as it is drawn last.
    if (distance <= least) [best, least] = [point, distance];
  }
  return best;
}

/** The point that lies next to another in a direction: what is aside counts twice. */
export function nextTowards(points: readonly MapPoint[], from: MapPoint, [dx, dy]: Place): MapPoint | undefined {
  let [best, least]: [MapPoint | undefined, number] = [undefined, Infinity];
  for (const point of points) {
    const [x, y] = [point.place[0] - from.place[0], point.place[1] - from.place[1]];
    const [ahead, aside] = [x * dx + y * dy, Math.abs(x * dy - y * dx)];
    if (ahead <= 0 || aside > 2 * ahead) continue;
    const cost = ahead + 2 * aside;
    if (cost < least) [best, least] = [point, cost];
  }
  return best;
}

/** Whether a point lies within a polygon (even-odd rule). */
export function isInside(x: number, y: number, polygon: readonly Place[]): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i]!;
    const [xj, yj] = polygon[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
