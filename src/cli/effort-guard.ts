/** The thread that `limitEfforts` starts: it ends the process when the deadline has passed. */
import { parentPort } from 'node:worker_threads';
import { processorTime, type Deadline } from './effort-limit.js';

/** How often it looks, in milliseconds. */
const EVERY = 250;

/** What systems themselves say with it is the same; where there is no such signal, the process ends all the same. */
const OUT_OF_TIME = process.platform === 'win32' ? 'SIGKILL' : 'SIGXCPU';

let deadline: Deadline;
parentPort!.on('message', (given: Deadline) => (deadline = given));
setInterval(() => {
  if (deadline !== undefined && processorTime() > deadline) process.kill(process.pid, OUT_OF_TIME);
}, EVERY);
