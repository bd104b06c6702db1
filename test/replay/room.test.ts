/** How many states a replay keeps. */
import { expect, test } from '@jest/globals';
import { memoryForCotangents, roomFor, shortOfMemory } from '../../src/replay/room.js';

const MB = 2 ** 20;
/** What is carried in a training whose state takes so many bytes. */
const carriedOf = (bytes: number) => [{ dims: [bytes / 8] }, { dims: [bytes / 8] }];

test('of small states three quarters of the memory are kept', () => {
  expect(roomFor(64 * MB, carriedOf(MB / 2), 500)).toMatchObject({ slots: 96, state: MB / 2 });
  expect(roomFor(1024 * MB, carriedOf(10 * MB), 500).slots).toBe(76);
});

test('of large states what a replay works with comes off: twelve of them, less 120 MB', () => {
  // 400 + 120 − 12 × 20, and 100 for cotangents, of which two states are among the twelve.
  expect(roomFor(400 * MB, carriedOf(20 * MB), 500).slots).toBe(11);
});

test.each([10, 30, 90, 500])('what is enough for states of %f MB is, and less is not', (megabytes) => {
  const state = megabytes * MB;
  for (const steps of [9, 100, 500, 3000]) {
    const carried = carriedOf(state);
    const { least, slots } = roomFor(1, carried, steps);
    const over = (memory: number) =>
      (12 + slots) * state + Math.max(0, memoryForCotangents(memory) - 2 * state) - memory - 120 * MB;
    expect(over(least)).toBeLessThan(1);
    expect(shortOfMemory(least, roomFor(least, carried, steps))).toBeUndefined();
    const less = 0.95 * least;
    expect(over(less)).toBeGreaterThan(0);
    expect(shortOfMemory(less, roomFor(less, carried, steps))).toMatch(/^`memory` [^\n]*; it keeps to a `memory` of/);
  }
});

test('of small states the least that is kept is no matter, and of a step or two there is nothing to keep', () => {
  expect(shortOfMemory(1, roomFor(1, carriedOf(5 * MB), 500))).toBeUndefined();
  expect([1, 2, 7, 8].map((steps) => roomFor(1, carriedOf(MB), steps).slots)).toEqual([0, 1, 6, 6]);
});

test('what is said of a replay that takes more', () => {
  expect(shortOfMemory(1024 * MB, roomFor(1024 * MB, carriedOf(90 * MB), 500))).toBe(
    '`memory` 1024: a state of this training takes 90.0 MB, so that the replay takes some 736 MB more than that; ' +
      'it keeps to a `memory` of 1760 or more',
  );
});
