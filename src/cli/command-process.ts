/** The process that a command runs in; `main.ts` starts it and watches over it. */
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';
import type { Stream } from './streams.js';

/** As `EXIT.bug`. Node's own code for an error that nobody caught is 1, which a pipeline would take for a regression. */
const BUG = 70;

/** The descriptor for what is said beside the result: the second one belongs to native code. */
const STDERR = 3;

/** How long to wait for a reader that is slower than we are. */
const RETRY_MS = 2;

process.on('uncaughtException', (error) => {
  const details = String(error.stack ?? error).replace(/[^\n\x20-\x7e]/g, '?');
  try {
    writeAll(`onnx-explain: a bug of ours, please report it with the command you typed: ${details}\n`);
  } finally {
    process.exit(BUG);
  }
});
// Whoever kills the process that was started means this one too.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();

const stderr: Stream = isatty(STDERR) ? new WriteStream(STDERR) : plainStream();
// What cannot be written is dealt with where it is written.
for (const stream of [process.stdout, stderr]) stream.on('error', () => undefined);

// Loaded here, so that a broken installation ends with the same code.
const [{ run }, { limitEfforts }] = await Promise.all([import('./run.js'), import('./effort-limit.js')]);
const argv = process.argv.slice(2);
if (!argv.includes('--no-limits')) limitEfforts();
process.exitCode = await run(argv, { stdout: process.stdout, stderr });

/** Into a file or pipe at once, so that nothing is lost when the process ends. */
function plainStream(): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        writeAll(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

function writeAll(chunk: string | Buffer): void {
  let rest = Buffer.from(chunk);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STDERR, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
