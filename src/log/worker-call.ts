/** Calls into a worker thread: requests are answered in order, and what fails over there fails over here. */
import { parentPort, Worker, type TransferListItem } from 'node:worker_threads';
import { InputError } from '../errors.js';

type Reply =
  { id: number; result: unknown } | { id: number; failure: { message: string; input: boolean; stack: string } };

/** A worker thread that answers requests. */
export interface WorkerCalls<Request, Result> {
  /**
   * Sends a request; those sent before it are answered first.
   * @param transfer buffers that go over without a copy, and are gone on this side
   * @throws InputError when the worker's answer is one; Error when it failed otherwise
   */
  call(request: Request, transfer?: readonly TransferListItem[]): Promise<Result>;
  /** Ends the thread; requests that wait for an answer are rejected. */
  stop(): Promise<void>;
}

/** Starts a thread from a module that calls {@link answerCalls}. It keeps the process alive only while it owes answers. */
export function startWorker<Request, Result>(module: URL, workerData?: unknown): WorkerCalls<Request, Result> {
  const worker = new Worker(module, { workerData });
  const waiting = new Map<number, { resolve: (result: Result) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let dead: Error | undefined;
  let isStopping = false;
  worker.unref();

  function die(error: Error): void {
    dead ??= error;
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  }
  worker.on('error', die);
  worker.on('exit', () => die(new Error('the worker thread has ended')));
  worker.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    // While the thread is being ended, somebody waits for that: the process must not end before.
    if (waiting.size === 0 && !isStopping) worker.unref();
    if ('result' in reply) call?.resolve(reply.result as Result);
    else call?.reject(revive(reply.failure));
  });

  return {
    call(request, transfer = []) {
      if (dead) return Promise.reject(dead);
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, request }, transfer);
      });
    },
    async stop() {
      isStopping = true;
      await worker.terminate();
    },
  };
}

function revive({ message, input, stack }: { message: string; input: boolean; stack: string }): Error {
  if (input) return new InputError(message);
  const error = new Error(message);
  error.stack = stack;
  return error;
}

/**
 * In the worker: answers each request in its turn.
 * @param handle returns the result, and the buffers in it to hand over without a copy
 */
export function answerCalls<Request, Result>(
  handle: (request: Request) => Promise<[Result, TransferListItem[]]> | [Result, TransferListItem[]],
): void {
  const port = parentPort!;
  let turn = Promise.resolve();
  port.on('message', ({ id, request }: { id: number; request: Request }) => {
    turn = turn.then(async () => {
      try {
        const [result, transfer] = await handle(request);
        port.postMessage({ id, result } satisfies Reply, transfer);
      } catch (error) {
        const { message, stack = '' } = error as Error;
        port.postMessage({ id, failure: { message, input: error instanceof InputError, stack } } satisfies Reply);
      }
    });
  });
}
