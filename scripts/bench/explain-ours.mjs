/**
 * Ours for explain.ts: inputs of a run explained once, in a process of its own as the peer's is, by `node` alone (each thread
 * would load a loader too).
 *
 *   node scripts/bench/explain-ours.mjs '{"run": …, "inputs": 1, "references": 0, "threads": 2}'
 *
 * Prints a JSON line: seconds until the first layer was begun and from there on, of those seconds of processor, and γ of each
 * step and layer for the first input.
 */
import { performance } from 'node:perf_hooks';
import { readInputs } from '../../dist/data/input.js';
import { openDataset } from '../../dist/data/open-dataset.js';
import { traceRun } from '../../dist/explain/trace/trace-run.js';
import { readManifest } from '../../dist/run/manifest-file.js';
import { nodeRuntime } from '../../dist/runtime/node.js';

const { run, inputs, references, threads } = JSON.parse(process.argv[2]);
const { data: described, input } = await readManifest(run);
const pixels = { ...input, ...input.normalization };
const open = (split) => openDataset(described.spec, { ...pixels, split, onDemand: true });
const [data, test] = [await open('train'), await open('test')];
const numbers = Array.from({ length: inputs }, (_, i) => i);
const examples = await readInputs([`${described.spec}@${numbers.join(',')}`], { ...pixels, split: 'test' });

const began = performance.now();
let first;
let worked;
const { queries } = await traceRun(
  run,
  examples,
  { contrast: references > 0, references, steps: true },
  {
    runtime: nodeRuntime({ threads }),
    data,
    references: test,
    decodeThreads: threads,
    onProgress: () => {
      if (first !== undefined) return;
      first = performance.now();
      worked = process.cpuUsage();
    },
  },
);
const ended = performance.now();
const { user, system } = process.cpuUsage(worked);
console.log(
  JSON.stringify({
    startUp: (first - began) / 1000,
    seconds: (ended - first) / 1000,
    processor: (user + system) / 1e6,
    gamma: queries[0].layers.map(({ steps }) => steps.gamma),
  }),
);
