/** A process, and by itself as its thread: it ends the thread while the answer to a call lies there unread, and says so. */
import { isMainThread } from 'node:worker_threads';
import { answerCalls, startWorker } from '../../../dist/log/worker-call.js';

if (isMainThread) {
  const thread = startWorker(new URL(import.meta.url));
  await thread.call(0);
  const lost = thread.call(1).catch(() => undefined);
  const until = Date.now() + 50;
  while (Date.now() < until);
  await thread.stop();
  await lost;
  process.stdout.write('stopped\n');
} else {
  answerCalls((request) => [request, []]);
}
