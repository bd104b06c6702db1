import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

test('OPS.md says what the registry says', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/generate-ops.mjs', '--check'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
