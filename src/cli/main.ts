#!/usr/bin/env node
/** The command line as a process. */

/** As `EXIT.bug`. Node's own code for an error that nobody caught is 1, which a pipeline would take for a regression. */
const BUG = 70;

process.on('uncaughtException', (error) => {
  const details = String(error.stack ?? error).replace(/[^\n\x20-\x7e]/g, '?');
  process.stderr.write(`onnx-explain: a bug of ours, please report it with the command you typed: ${details}\n`);
  process.exit(BUG);
});
// What cannot be written is dealt with where it is written.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// Loaded here, so that a broken installation ends with the same code.
const { run } = await import('./run.js');
process.exitCode = await run(process.argv.slice(2), process);
