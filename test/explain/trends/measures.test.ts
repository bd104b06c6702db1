import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { finalMap, MEASURE_NAMES, MEASURES } from '../../../src/explain/trends/measures.js';

type Values = readonly number[];

/** A measure of a map by its name, compared with a final map. */
function measure(name: string, map: Values, final: Values = map): number | undefined {
  return MEASURES.find((one) => one.name === name)!.of(Float32Array.from(map), finalMap(Float32Array.from(final)));
}

const sum = (values: Values) => values.reduce((total, value) => total + value, 0);
const frobenius = (values: Values) => Math.sqrt(sum(values.map((value) => value * value)));

/** H = −Σ p ln p with p = v/Σv, term by term as the poster has it. */
function shannon(values: Values): number | undefined {
  const total = sum(values);
  if (total === 0) return undefined;
  return sum(values.map((value) => value / total).map((p) => (p === 0 ? 0 : -p * Math.log(p))));
}

/** Ranks by counting: what is smaller, and half of what is equal. */
const ranks = (values: Values) =>
  values.map(
    (value) =>
      values.filter((other) => other < value).length + (values.filter((other) => other === value).length + 1) / 2,
  );

function cosine(a: Values, b: Values): number | undefined {
  const lengths = frobenius(a) * frobenius(b);
  return lengths === 0 ? undefined : sum(a.map((value, i) => value * b[i]!)) / lengths;
}

const centred = (values: Values) => values.map((value) => value - sum(values) / values.length);

const positive = (values: Values) => values.map((value) => Math.max(value, 0));
const sizes = (values: Values) => values.map(Math.abs);

/** Every measure once more, slowly, as its formula reads. */
const SLOW: Record<string, (map: Values, final: Values) => number | undefined> = {
  norm: (map) => frobenius(positive(map)),
  entropy: (map) => shannon(positive(map)),
  'absolute-norm': (map) => frobenius(map),
  'absolute-entropy': (map) => shannon(sizes(map)),
  'positive-share': (map) => (sum(sizes(map)) === 0 ? undefined : sum(positive(map)) / sum(sizes(map))),
  'rank-similarity': (map, final) => cosine(centred(ranks(map)), centred(ranks(final))),
  'cosine-similarity': (map, final) => cosine(map, final),
};

/** Pixels with ties and zeros; none so small that its square would vanish. */
const pixel = fc.oneof(
  fc.constantFrom(0, 0, 1, -1, 0.5),
  fc.float({ noNaN: true, min: -1000, max: 1000 }).map((value) => (Math.abs(value) < 1e-6 ? 0 : value)),
);
const twoMaps = fc
  .integer({ min: 1, max: 40 })
  .chain((count) =>
    fc.tuple(
      fc.array(pixel, { minLength: count, maxLength: count }),
      fc.array(pixel, { minLength: count, maxLength: count }),
    ),
  );

/** Sums of some 40 terms in double precision, in another order or form: relative to the terms, 1e-14. */
function expectNear(found: number | undefined, expected: number | undefined) {
  if (expected === undefined || found === undefined) return expect(found).toBe(expected);
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)));
}

describe.each(MEASURE_NAMES)('%s', (name) => {
  test('is what its formula says', () => {
    fc.assert(fc.property(twoMaps, ([map, final]) => expectNear(measure(name, map, final), SLOW[name]!(map, final))));
  });

  test('does not depend on where pixels are, as long as the final map’s move with them', () => {
    fc.assert(
      fc.property(twoMaps, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), ([map, final], keys) => {
        const order = map
          .map((_, i) => ({ i, key: keys[i]! }))
          .sort((a, b) => a.key - b.key)
          .map(({ i }) => i);
        const moved = (values: Values) => order.map((i) => values[i]!);
        expectNear(measure(name, moved(map), moved(final)), measure(name, map, final));
      }),
    );
  });

  test('grows with the map where it is a norm, and does not depend on its scale else', () => {
    fc.assert(
      // Powers of two keep every float32 exact, and with them the ties.
      fc.property(twoMaps, fc.integer({ min: -20, max: 20 }), ([map, final], exponent) => {
        const before = measure(name, map, final);
        const after = measure(
          name,
          map.map((value) => value * 2 ** exponent),
          final,
        );
        const factor = name.endsWith('norm') ? 2 ** exponent : 1;
        expectNear(after === undefined ? undefined : after / factor, before);
      }),
    );
  });

  test('is a finite number or absent', () => {
    fc.assert(
      fc.property(twoMaps, ([map, final]) => expect(Number.isFinite(measure(name, map, final) ?? 0)).toBe(true)),
    );
  });
});

describe.each(['entropy', 'absolute-entropy'])('%s', (name) => {
  test('lies between 0 and ln(pixels), and a uniform map reaches that', () => {
    fc.assert(
      fc.property(twoMaps, fc.float({ min: Math.fround(1e-6), max: 1000, noNaN: true }), ([map], level) => {
        const found = measure(name, map) ?? 0;
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThanOrEqual(Math.log(map.length) + 1e-12);
        expectNear(
          measure(
            name,
            map.map(() => level),
          ),
          Math.log(map.length),
        );
      }),
    );
  });

  test('is 0 where one pixel has all', () => {
    expect(measure(name, [0, 0.1, 0])).toBe(0);
    expect(measure(name, [0, 0.7, 0, 0])).toBe(0);
  });
});

describe('the poster’s sizes', () => {
  test('a picture of 28 by 28 that is all positive has at most ln 784 = 6.66 nat', () => {
    const found = measure(
      'entropy',
      Array.from({ length: 784 }, () => 0.01),
    );
    expect(found).toBeCloseTo(6.6644, 4);
  });
});

describe('similarities', () => {
  test('are 1 to the same map, −1 to its negative, and never more', () => {
    fc.assert(
      fc.property(twoMaps, ([map, final]) => {
        for (const name of ['rank-similarity', 'cosine-similarity']) {
          const tripled = map.map((value) => 3 * value);
          for (const other of [map, tripled, final])
            expect(Math.abs(measure(name, map, other) ?? 0)).toBeLessThanOrEqual(1);
          const [same, negative] = [
            measure(name, map),
            measure(
              name,
              map.map((value) => -value),
              map,
            ),
          ];
          if (same === undefined) continue;
          expectNear(same, 1);
          expectNear(negative, -1);
        }
      }),
    );
  });
});

describe('a map without such a measure has none', () => {
  const empty = [0, 0, 0, 0];
  const some = [1, -2, 0, 3];

  test('an empty map has norms of 0, and nothing else', () => {
    const found = Object.fromEntries(MEASURE_NAMES.map((name) => [name, measure(name, empty, some)]));
    expect(found).toEqual({
      norm: 0,
      entropy: undefined,
      'absolute-norm': 0,
      'absolute-entropy': undefined,
      'positive-share': undefined,
      'rank-similarity': undefined,
      'cosine-similarity': undefined,
    });
  });

  test('a map without positive relevance has no entropy of it', () => {
    expect(measure('entropy', [-1, -2])).toBeUndefined();
    expect(measure('norm', [-1, -2])).toBe(0);
    expect(measure('positive-share', [-1, -2])).toBe(0);
    expect(measure('absolute-entropy', [-1, -1])).toBeCloseTo(Math.LN2, 15);
  });

  test('nothing is similar to an empty final map', () => {
    for (const name of ['rank-similarity', 'cosine-similarity']) expect(measure(name, some, empty)).toBeUndefined();
  });

  test('a constant map ranks nothing', () => {
    expect(measure('rank-similarity', [2, 2, 2, 2], some)).toBeUndefined();
    expect(measure('rank-similarity', some, [2, 2, 2, 2])).toBeUndefined();
  });
});

test('there is a formula here for every measure, and each says what it is', () => {
  expect(Object.keys(SLOW)).toEqual(MEASURE_NAMES);
  for (const { says, unit } of MEASURES) {
    expect(says).not.toBe('');
    expect(['score', 'nat', '']).toContain(unit);
  }
});
