/* global setInterval */
/** Tries to take a lock at a given moment: `node take-lock.mjs <run directory> <milliseconds since 1970>`. Says who it is, and holds it. */
import { lockRun } from '../../dist/run/lock.js';

const [directory, moment] = process.argv.slice(2);
while (Date.now() < Number(moment));
try {
  await lockRun(directory, 'f'.repeat(32));
  process.stdout.write('won\n');
  setInterval(() => undefined, 1000);
} catch (error) {
  process.stdout.write(`lost: ${error.name}: ${error.message}\n`);
}
