import { expect, test } from '@jest/globals';
import { openStepUses } from '../../../src/explain/trace/step-uses.js';
import { stepUse } from '../../../src/explain/trace/step-use.js';
import type { StepRecord } from '../../../src/log/format/records.js';

const labels = Int32Array.from({ length: 40 }, (_, i) => i % 3);
const records = Array.from({ length: 17 }, (_, i): StepRecord => ({
  step: i + 1,
  epoch: 0,
  learningRate: 0.1,
  loss: 1,
  examples: [i, 2 * i, (7 * i) % 40],
  ghosts: [],
}));

/** A log of those steps, and how often they were read. */
function counting() {
  const seen = { opened: 0, closed: 0, read: 0 };
  async function* steps({ lastStep = Infinity } = {}) {
    seen.opened++;
    try {
      for (const record of records.filter(({ step }) => step <= lastStep)) {
        seen.read++;
        yield await Promise.resolve(record);
      }
    } finally {
      seen.closed++;
    }
  }
  return { log: { steps }, seen };
}

/** Three readers, two of them by turns, and what each was given. */
async function readBy(readers: () => ReturnType<ReturnType<typeof openStepUses>>) {
  const [one, two] = [readers(), readers()];
  const found: unknown[][] = [[], [], []];
  for (const count of [1, 6, 5]) {
    found[0]!.push(...(await one.take(count)));
    found[1]!.push(...(await two.take(count)));
  }
  await one.close();
  await two.close();
  const three = readers();
  found[2]!.push(...(await three.take(12)));
  await three.close();
  return found;
}

test('each reader goes through all steps, which are read once where they are few', async () => {
  const expected = records.slice(0, 12).map((record) => stepUse(record, labels));
  const kept = counting();
  expect(await readBy(openStepUses(kept.log, { lastStep: 12, labels }))).toEqual([expected, expected, expected]);
  expect(kept.seen).toEqual({ opened: 1, closed: 1, read: 12 });

  // 12 steps of three examples take one number more than are kept.
  const streamed = counting();
  expect(await readBy(openStepUses(streamed.log, { lastStep: 12, labels }, 12 * (16 + 3) - 1))).toEqual([
    expected,
    expected,
    expected,
  ]);
  // Found to be too many once, then read by each.
  expect(streamed.seen).toEqual({ opened: 4, closed: 4, read: 4 * 12 });
});

test.each([1000, 0])('fewer steps than are asked for are no steps, with %d numbers kept', async (keptNumbers) => {
  const reader = openStepUses(counting().log, { lastStep: 4, labels }, keptNumbers)();
  expect(await reader.take(3)).toHaveLength(3);
  await expect(reader.take(2)).rejects.toThrow(/fewer step records/);
  await reader.close();
});

test('an example that the data do not have is named to every reader', async () => {
  const readers = openStepUses(counting().log, { lastStep: 17, labels: labels.subarray(0, 20) });
  for (let i = 0; i < 2; i++) {
    await expect(readers().take(17)).rejects.toThrow(/step 4 of the log used training example 21/);
  }
});
