/** The published schema says of results what we say of them ourselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { resultSchemas, type Result } from '../../src/results/kinds.js';
import { checkResult } from '../../src/results/validate.js';
import { syntheticTrends } from '../helpers/synthetic-trends.js';

const schema = JSON.parse(readFileSync('dist/result.schema.json', 'utf8')) as { $defs: Record<string, object> };
const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: false }).compile(schema);
const FOLDER = 'test/fixtures/results';

const results = new Map<string, Result>([
  ...readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Result] as const),
  ['trends', JSON.parse(JSON.stringify(syntheticTrends({ points: 3 }).result)) as Result],
]);

test('there is a schema of every kind, and no other', () => {
  expect(Object.keys(schema.$defs).sort()).toEqual([...Object.keys(resultSchemas), 'json'].sort());
});

describe.each([...results])('%s', (_name, result) => {
  test('is valid', () => {
    expect(checkResult(result)).not.toHaveProperty('problem');
    expect(validate(result) || validate.errors).toBe(true);
  });

  test('is not, without any of its parts, or with another type in its place', () => {
    for (const key of Object.keys(result)) {
      const { [key as keyof Result]: part, ...rest } = result;
      const missing = 'problem' in checkResult(rest);
      expect([key, !validate(rest)]).toEqual([key, missing]);
      const other = { ...rest, [key]: typeof part === 'object' ? 'text' : [part] };
      expect([key, validate(other)]).toEqual([key, false]);
    }
  });
});
