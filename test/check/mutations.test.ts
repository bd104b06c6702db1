/** Every way in which an export changes: what must be caught is, by the rule that should, and what is right passes. */
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../helpers/data-files.js';
import { MUTATIONS } from '../helpers/mutations/list.js';
import { CONSEQUENCES } from '../helpers/mutations/rules.js';
import { mutationRunner } from '../helpers/mutations/run.js';

// Time says nothing on a machine that runs tests; onnxruntime-web has tests of its own.
const run = mutationRunner(temporaryFolder(), ['cost.speed', 'execution.web']);

test.each(MUTATIONS.map((mutation, i) => [mutation.name, mutation, i] as const))('%s', async (_, mutation, i) => {
  const { fires, warns = [], silent = fires.length === 0 ? 'all' : [], may = [], first } = mutation;
  const { rules, verdict } = await run(mutation, i);
  const failed = rules.filter(({ blocks }) => blocks).map(({ rule }) => rule);
  expect(verdict).toBe(fires.length === 0 ? 'pass' : 'regression');
  expect(failed).toEqual(expect.arrayContaining([...fires]));
  const isFree = (rule: string) =>
    may.includes(rule) || (silent !== 'all' && CONSEQUENCES.test(rule) && !silent.includes(rule));
  expect(failed.filter((rule) => !fires.includes(rule) && !isFree(rule))).toEqual([]);
  const warned = rules.filter(({ status }) => status === 'warn').map(({ rule }) => rule);
  expect(warned).toEqual(expect.arrayContaining([...warns]));
  // What is a good export warns of nothing else; a bad one may have other nodes.
  const unexpected = warned.filter((rule) => !warns.includes(rule));
  expect(unexpected).toEqual(fires.length === 0 ? [] : unexpected.filter((rule) => rule === 'structure.operators'));
  const layers = rules.find(({ rule }) => rule === 'representations.layers');
  if (first !== undefined) {
    expect(layers?.sentence).toContain(`first to diverge is ${first} (`);
    expect(layers?.where).toBe(first);
  }
  // Probes come with training points, so that no rule of explanations is left out.
  expect(rules.find(({ rule }) => rule === 'explanations.representer-overlap')?.status).not.toBe('skip');
});
