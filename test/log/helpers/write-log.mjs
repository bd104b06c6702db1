/**
 * A process that writes a log: write-log.mjs <directory> <steps> <checkpoints: step,step,…> [resume after step].
 * Prints the last step of each sealed segment as a line; an error's name and message on stderr, and then exits with 2.
 */
import { openLogWriter } from '../../../dist/log/write/writer.js';

const [directory, steps, checkpointsText, resumeText] = process.argv.slice(2);
const checkpoints = new Set(checkpointsText.split(',').map(Number));
const layers = [
  { name: 'wide', tensors: [{ name: 'wide.weight', dims: [40, 60] }] },
  { name: 'thin', tensors: [{ name: 'thin.weight', dims: [7, 9] }] },
];

/** Depends on the step and the place alone, so that a process that resumes makes the same numbers. */
function deltas(size, first, count) {
  return Float32Array.from({ length: count * size }, (_, i) => Math.sin(first * size + i) / 1000);
}

try {
  const writer = await openLogWriter(directory, {
    layers,
    codec: 'int8',
    threads: 2,
    segmentSteps: 25,
    onSeal: ({ lastStep }) => process.stdout.write(`${lastStep}\n`),
    ...(resumeText === undefined ? {} : { resumeAfterStep: Number(resumeText) }),
  });
  for (let first = writer.lastStep + 1; first <= Number(steps); first += 5) {
    const records = Array.from({ length: 5 }, (_, k) => {
      return {
        step: first + k,
        epoch: 0,
        learningRate: 0.1,
        class: 1,
        examples: [first, k],
        ghosts: [],
        loss: 1 / first,
      };
    });
    await writer.append(
      records,
      new Map([
        ['wide', deltas(2400, first, 5)],
        ['thin', deltas(63, first, 5)],
      ]),
    );
    if (checkpoints.has(first + 4)) await writer.seal();
  }
  await writer.close();
} catch (error) {
  process.stderr.write(`${error.name}: ${error.message}`);
  process.exitCode = 2;
}
