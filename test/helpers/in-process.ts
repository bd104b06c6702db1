/** The command line as a function: no process is started, which is what most tests of it need. */
import { Writable } from 'node:stream';
import { run } from '../../src/cli/run.js';

// Jest asks its workers for colours, and a terminal that it is started from may have a width.
for (const name of ['FORCE_COLOR', 'NO_COLOR', 'COLUMNS']) delete process.env[name];

/** How a command ended. */
export interface EndedHere {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stream that keeps what it is given, and fails with an error code once so many characters have come. */
export function sink({ room = Infinity, error = 'ENOSPC' } = {}) {
  let text = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      const fits = text.length + chunk.length <= room;
      if (fits) text += chunk;
      done(fits ? null : Object.assign(new Error(error), { code: error }));
    },
  });
  stream.on('error', () => undefined);
  return { stream, text: () => text };
}

/** Runs a command on one thread, with whatever streams. */
export async function runHere(
  args: readonly string[],
  { stdout = sink(), stderr = sink() }: { stdout?: ReturnType<typeof sink>; stderr?: ReturnType<typeof sink> } = {},
): Promise<EndedHere> {
  const code = await run(args, { stdout: stdout.stream, stderr: stderr.stream });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** Runs a command as if typed in a folder, on one thread, in place of a process of its own: it prints and ends the same. */
export async function runIn(folder: string, args: readonly string[]): Promise<EndedHere> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await runHere(args.includes('--threads') ? args : [...args, '--threads', '1']);
  } finally {
    process.chdir(before);
  }
}
