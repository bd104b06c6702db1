/** Calls into threads. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

test('a process waits for the end of a thread, whatever the thread still has to say', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    fileURLToPath(new URL('helpers/stop-thread.mjs', import.meta.url)),
  ]);
  expect([status, stdout.toString(), stderr.toString()]).toEqual([0, 'stopped\n', '']);
});
