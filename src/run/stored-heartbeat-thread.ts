/** Signs of life in a store: writes a lock again and again, each time over what it wrote before and nothing else. */
import { setTimeout } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { storeOf } from '../storage/registry.js';
import { Conflict } from '../storage/store.js';
import { lockText, type StoredHeartbeat } from './stored-lock.js';

const { path, holder, version: taken, seconds } = workerData as StoredHeartbeat;

for (let [beat, version] = [1, taken]; ; beat++) {
  await setTimeout(1000 * seconds);
  try {
    version = (await storeOf(path).write(path, lockText(holder, beat), { only: { version } }))!;
  } catch (error) {
    // It is another's now. Whatever else it was may pass.
    if (error instanceof Conflict) break;
  }
}
