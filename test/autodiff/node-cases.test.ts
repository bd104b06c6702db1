import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { NODE_CASES, readNodeCases } from '../helpers/node-cases/archive.js';
import { runNodeCase, type Outcome } from '../helpers/node-cases/run.js';
import { describeOutcomes, SECTION } from '../helpers/node-cases/summary.js';

const nodeCases = readNodeCases(NODE_CASES);
const outcomes: Outcome[] = [];

describe("ONNX's own node tests", () => {
  test.each(nodeCases.cases.map((nodeCase) => [nodeCase.name, nodeCase] as const))('%s', async (_, nodeCase) => {
    const outcome = await runNodeCase(nodeCase);
    outcomes.push(outcome);
    if (outcome.status === 'failed') throw new Error(outcome.detail);
    expect(['passed', 'skipped']).toContain(outcome.status);
  });

  test('OPS.md tells how they fared', () => {
    expect(outcomes).toHaveLength(nodeCases.cases.length);
    const [, written] = readFileSync('OPS.md', 'utf8').split(SECTION);
    expect(SECTION + written).toBe(describeOutcomes(nodeCases, outcomes));
  });
});

afterAll(() => {
  const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
  console.log(`ONNX node tests: ${count('passed')} passed, ${count('skipped')} skipped, ${count('failed')} failed`);
});
