import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

test('OPS.md says what the registry says', () => {
  const check = ['--import', 'tsx', 'scripts/generate-ops.ts', '--check'];
  const { status, stderr } = spawnSync(process.execPath, check, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
