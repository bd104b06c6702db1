import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { TOOL } from '../src/tool.js';

test('results and runs name the package and its version', () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };
  expect(TOOL).toEqual({ name, version });
});
