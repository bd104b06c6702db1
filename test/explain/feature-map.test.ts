/** The map of features: neighbours stay together, what is listed is on it, and it is the same each time. */
import { describe, expect, test } from '@jest/globals';
import { featureMap, type FeatureSource } from '../../src/explain/feature-map/feature-map.js';
import { seededRandom } from '../../src/numeric/random.js';

const COLUMNS = 6;

/** Examples in groups that lie apart; every query lies in one of them. */
function groups(count: number, classes: number, queries: number, affordable = Infinity) {
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const rowsAt = (indices: Int32Array, purpose: number) => ({
    rows: indices.length,
    columns: COLUMNS,
    data: Float32Array.from({ length: indices.length * COLUMNS }, (_, k) => {
      const index = indices[Math.floor(k / COLUMNS)]!;
      return (k % COLUMNS === index % classes ? 10 : 0) + seededRandom(index, purpose, k % COLUMNS).normal();
    }),
  });
  const source: FeatureSource = {
    layer: 'fc',
    affordable,
    ofExamples: (indices) => Promise.resolve(rowsAt(indices, 1)),
    ofQueries: () =>
      Promise.resolve(
        rowsAt(
          Int32Array.from({ length: queries }, (_, i) => i),
          2,
        ),
      ),
  };
  return { source, labels };
}

describe('points in a plane', () => {
  test('neighbours are of the same group, queries among them; the same each time', async () => {
    const { source, labels } = groups(300, 3, 6);
    const map = (await featureMap(source, { data: { labels }, listed: [], seed: 4 }))!;
    expect(map.train.indices).toEqual(Array.from(labels.keys()));
    expect(map.train.labels).toEqual([...labels]);
    const { x, y } = map.train;
    map.queries.x.forEach((qx, q) => {
      const distances = x.map((value, i) => (value - qx) ** 2 + (y[i]! - map.queries.y[q]!) ** 2);
      const nearest = distances.indexOf(Math.min(...distances));
      expect(labels[nearest]).toBe(q % 3);
    });
    expect(map.queries.x.length).toBe(6);
    expect(await featureMap(source, { data: { labels }, listed: [], seed: 4 })).toEqual(map);
    expect(await featureMap(source, { data: { labels }, listed: [], seed: 5 })).not.toEqual(map);
  });

  test('what is listed comes first, and what is dropped is not there', async () => {
    const { source, labels } = groups(4000, 3, 0, 100);
    const listed = [3999, 7, 7, 2500];
    const dropped = new Set(Array.from({ length: 2000 }, (_, i) => 2 * i).filter((i) => i !== 2500));
    const { train } = (await featureMap(source, { data: { labels, dropped }, listed, seed: 1 }))!;
    expect(train.indices.length).toBe(100);
    for (const index of listed) expect(train.indices).toContain(index);
    expect(train.indices.filter((index) => dropped.has(index))).toEqual([]);
    expect(train.indices).toEqual([...train.indices].sort((a, b) => a - b));
  });

  test('at most as many points as take a second or two', async () => {
    const { source, labels } = groups(3000, 3, 10);
    const { train } = (await featureMap(source, { data: { labels }, listed: [], seed: 1 }))!;
    expect(train.indices.length).toBe(1490);
  }, 30_000);

  test('none of too few examples, and of features that are all the same', async () => {
    const few = groups(15, 3, 1);
    expect(await featureMap(few.source, { data: few, listed: [], seed: 1 })).toBeUndefined();
    const { source, labels } = groups(40, 2, 0);
    const same = {
      ...source,
      ofExamples: (indices: Int32Array) =>
        Promise.resolve({ rows: indices.length, columns: 2, data: new Float32Array(2 * indices.length) }),
    };
    const map = await featureMap(same, { data: { labels }, listed: [], seed: 1 });
    expect(map === undefined || map.train.x.every(Number.isFinite)).toBe(true);
  });
});
