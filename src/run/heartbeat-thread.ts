/** Signs of life: writes a lock's own text over it again and again, so that its file system says when that was. */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { descriptor, text, seconds } = workerData as { descriptor: number; text: string; seconds: number };

setInterval(() => {
  writeSync(descriptor, text, 0);
}, 1000 * seconds);
