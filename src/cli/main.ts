#!/usr/bin/env node
/**
 * The command line as a process, which starts another one and waits for it. ONNX Runtime is native code: what it does not
 * survive (a negative size, memory that is not there) ends the process that it runs in, and nothing in that process can say
 * so any more. This one can.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** As `EXIT.badInput` and `EXIT.bug`; nothing else is loaded here, so that starting twice costs little. */
const [BAD_INPUT, BUG] = [2, 70];

/** Characters of what native code printed that are kept: why it ended stands last. */
const KEPT = 4000;

/** Characters of them, or of a command, that are shown. */
const LONGEST = 300;

/** Signals by which native code ends itself, on whatever system. */
const CRASHES: ReadonlySet<string> = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP', 'SIGSYS']);

const argv = process.argv.slice(2);
// A shell that completes a word: nothing is computed, and nobody waits for two processes.
if (argv[0] === '--complete') {
  const { answer } = await import('./completion/answer.js');
  await new Promise((written) => process.stdout.write(answer(argv.slice(1)), written));
  process.exit();
}

const command = fileURLToPath(new URL('./command-process.js', import.meta.url));
// Node's own code for what it cannot find is 1, which a pipeline would take for a regression.
if (!existsSync(command)) end(BUG, `the installation is broken, ${command} is missing; install it again`);
const child = spawn(
  process.execPath,
  [...process.execArgv, command, ...argv],
  // What native code prints is noise while all goes well, so the command's own lines go to the third descriptor.
  { stdio: ['inherit', 'inherit', argv.includes('--debug') ? 'inherit' : 'pipe', 2, 'ipc'] },
);

// A server or a worker ends when it is told to, and says that all went well, and an engine takes back what it was given: whoever tells
// this process, and not the terminal, means both.
if (['serve', 'worker'].includes(argv[0]!) || argv.some((word) => /^--engine(=|$)/.test(word)))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));

let printed = '';
child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-KEPT)));
child.on('error', (error) => end(BUG, `cannot start a process: ${error.message}`));
child.on('close', (code, signal) => {
  if (signal === null) process.exit(code ?? BUG);
  if (printed.includes('heap out of memory')) {
    end(
      BAD_INPUT,
      'out of memory; give Node.js more, as in NODE_OPTIONS=--max-old-space-size=8000, or ask for less at once',
    );
  }
  if (signal === 'SIGKILL') {
    end(BAD_INPUT, 'the system ended the process (SIGKILL), most likely for want of memory; ask for less at once');
  }
  if (signal === 'SIGXCPU') {
    end(
      BAD_INPUT,
      `${printable(argv.join(' '))}: to find out what the model computes takes more time than any model of its size does; ` +
        'it may hold loops without end, or values of enormous sizes; --no-limits goes on all the same, and --debug says how ' +
        'far the command came',
    );
  }
  // Whoever waits for this process is to see what the other was told.
  if (!CRASHES.has(signal)) return void process.kill(process.pid, signal);
  const reason = printable(printed.trim().split('\n').at(-1)!).replace(/^.*(?=Assertion )/, '');
  end(
    BAD_INPUT,
    `${printable(argv.join(' '))}: ONNX Runtime, or other native code, crashed (${[signal, reason].filter(Boolean).join(': ')}); ` +
      'a file asks for what it does not survive, often a size below zero; --debug says how far the command came',
  );
});

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST);
}

function end(code: number, why: string): never {
  process.stderr.write(`onnx-explain: ${why}\n`);
  process.exit(code);
}
