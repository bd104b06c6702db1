/** A part of a command as a process of its own, which ends when this one does. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stat } from 'node:fs/promises';

/** How a part ended. */
export interface PartOutcome {
  /** Its exit code; undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly printed: readonly string[];
  /** What it said beside that: notices, and why it could not. */
  readonly said: readonly string[];
}

/** Characters that are kept of what a part says: the last ones. */
const KEPT = 2 ** 20;

const COMMAND = fileURLToPath(new URL('../cli/command-process.js', import.meta.url));

/**
 * Runs a command.
 * @param folder to run it in, where there is one of that name on this machine
 * @param stopped ends it
 */
export async function runPart(words: readonly string[], folder: string, stopped: AbortSignal): Promise<PartOutcome> {
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const cwd = isThere ? folder : process.cwd();
  return new Promise((resolve, reject) => {
    // Its own lines go to the third descriptor; what native code prints to the second is noise. The channel tells it that we are gone.
    const child = spawn(process.execPath, [...process.execArgv, COMMAND, ...words], {
      cwd,
      stdio: ['ignore', 'pipe', 'ignore', 'pipe', 'ipc'],
    });
    const [printed, said] = [textOf(child.stdio[1]), textOf(child.stdio[3])];
    const stop = () => child.kill('SIGKILL');
    stopped.addEventListener('abort', stop, { once: true });
    if (stopped.aborted) stop();
    child.on('error', reject);
    child.on('close', (code, signal) => {
      stopped.removeEventListener('abort', stop);
      resolve({ code: code ?? undefined, signal: signal ?? undefined, printed: printed(), said: said() });
    });
  });
}

/** Collects the lines of a stream, the last ones. */
function textOf(stream: unknown): () => string[] {
  let text = '';
  (stream as NodeJS.ReadableStream)
    .setEncoding('utf8')
    .on('data', (part: string) => (text = (text + part).slice(-KEPT)));
  return () => text.split('\n').filter((line) => line.trim() !== '');
}
