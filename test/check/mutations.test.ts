/** Every way in which an export changes: what must be caught is, by the rule that should, and what is right passes. */
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../helpers/data-files.js';
import { MUTATIONS } from '../helpers/mutations.js';
import { mutationRunner } from '../helpers/run-mutation.js';

// Time says nothing on a machine that runs tests; onnxruntime-web has tests of its own.
const run = mutationRunner(temporaryFolder(), ['cost.speed', 'execution.web']);

test.each(MUTATIONS.map((mutation, i) => [mutation.name, mutation, i] as const))('%s', async (_, mutation, i) => {
  const { fires, warns = [], silent = fires.length === 0 ? 'all' : [], first } = mutation;
  const { rules, verdict } = await run(mutation, i);
  const failed = rules.filter(({ blocks }) => blocks).map(({ rule }) => rule);
  expect(verdict).toBe(fires.length === 0 ? 'pass' : 'regression');
  expect(failed).toEqual(expect.arrayContaining([...fires]));
  if (silent === 'all') expect(failed.sort()).toEqual([...fires].sort());
  else for (const rule of silent) expect(failed).not.toContain(rule);
  const warned = rules.filter(({ status }) => status === 'warn').map(({ rule }) => rule);
  expect(warned).toEqual(expect.arrayContaining([...warns]));
  const layers = rules.find(({ rule }) => rule === 'representations.layers');
  if (first !== undefined) expect(layers?.sentence).toContain(`first to diverge is ${first} (`);
});
