/** Points of a map of features: their places, lines around them, and the way from one to the next. */
import { expect, test } from '@jest/globals';
import {
  examplesWithin,
  isInside,
  lassoOf,
  lassoText,
  nearest,
  nextTowards,
  pointsOf,
} from '../../../src/report/app/map/points.js';
import type { FeatureMap } from '../../../src/results/feature-map.js';

/** Four corners of a rectangle, and an input in its middle. */
const map: FeatureMap = {
  method: 'umap',
  layer: 'fc',
  train: { indices: [3, 5, 8, 9], labels: [0, 1, 0, 1], x: [-2, 2, -2, 2], y: [-1, -1, 1, 1] },
  queries: { x: [0], y: [0] },
};

test('places keep the proportions, and y grows downwards', () => {
  const { points, width, height } = pointsOf(map);
  expect([width, height]).toEqual([1000, 500]);
  expect(points.map(({ of, index, place }) => [of, index, ...place])).toEqual([
    ['train', 3, 0, 500],
    ['train', 5, 1000, 500],
    ['train', 8, 0, 0],
    ['train', 9, 1000, 0],
    ['input', 0, 500, 250],
  ]);
});

test('a map that is higher than wide is laid on its side', () => {
  const { train, queries } = map;
  const { width, height } = pointsOf({ ...map, train: { ...train, x: train.y, y: train.x }, queries });
  expect([width, height]).toEqual([1000, 500]);
});

test('points at one place, or none, make a map all the same', () => {
  const one = { ...map, train: { indices: [1], labels: [0], x: [7], y: [7] }, queries: { x: [], y: [] } };
  expect(pointsOf(one).points[0]!.place).toEqual([0, 0]);
  const none = { ...map, train: { indices: [], labels: [], x: [], y: [] }, queries: { x: [], y: [] } };
  expect(pointsOf(none)).toEqual({ points: [], width: 1000, height: 1000 });
});

test('a line comes back from its text, rounded and cut to the map', () => {
  const text = lassoText([
    [-200, 10.4],
    [300, 1200],
    [999.6, 0],
  ]);
  expect(text).toBe('-50_10.300_1050.1000_0');
  expect(lassoText(lassoOf(text))).toBe(text);
  for (const odd of [undefined, '', '1_2', '1_2.3_4', 'a_b.1_2.3_4', '1_2.3_4.5_--6']) expect(lassoOf(odd)).toEqual([]);
});

test('examples within a line, hollows left out', () => {
  const left = lassoOf('0_0.400_0.400_1000.0_1000');
  expect([...examplesWithin(map, lassoOf('-9_400.1009_400.1009_600.-9_600'))]).toEqual([3, 5]);
  expect([isInside(200, 300, left), isInside(500, 300, left)]).toEqual([true, false]);
});

test('the nearest point within reach, and the next one in a direction', () => {
  const { points } = pointsOf(map);
  expect(nearest(points, [20, 20], 50)!.index).toBe(8);
  expect(nearest(points, [250, 20], 50)).toBeUndefined();
  const from = (index: number) => points.find((point) => point.index === index && point.of === 'train')!;
  expect(nextTowards(points, from(8), [1, 0])).toMatchObject({ of: 'train', index: 9 });
  expect(nextTowards(points, from(8), [0, 1])!.index).toBe(3);
  expect(nextTowards(points, from(8), [-1, 0])).toBeUndefined();
});
