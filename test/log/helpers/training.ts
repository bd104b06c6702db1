/** Make-believe training runs for the log: float32 weights that wander, and the differences from step to step. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementCount } from '../../../src/tensor.js';
import { layerSize, type LoggedLayer } from '../../../src/log/format/layer.js';
import type { DeltaLog } from '../../../src/log/read/reader.js';
import type { StepRecord } from '../../../src/log/format/records.js';
import { openLogWriter, type LogWriterOptions } from '../../../src/log/write/writer.js';

/** Two layers: a convolution with a bias, and a matrix without. */
export const layers: LoggedLayer[] = [
  {
    name: 'conv/1:0',
    tensors: [
      { name: 'conv.weight', dims: [4, 3, 2, 2] },
      { name: 'conv.bias', dims: [4] },
    ],
  },
  { name: 'head', tensors: [{ name: 'head.weight', dims: [5, 7] }] },
];

/** A folder of its own for a test, gone when the process ends. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'delta-log-'));
  folders.push(path);
  return path;
}

const folders: string[] = [];

/** Removes what {@link temporaryFolder} made; for `afterAll`. */
export async function removeTemporaryFolders(): Promise<void> {
  await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })));
}

/** Uniform numbers in [0, 1) from a seed (a 32-bit xorshift with a multiplier). */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (Math.imul(state, 1597334677) >>> 0) / 2 ** 32;
  };
}

/** What a run did: weights before and after, and each layer's delta at each step. */
export interface Run {
  readonly layers: readonly LoggedLayer[];
  readonly records: StepRecord[];
  /** By layer: one array of the layer's size for each step. */
  readonly deltas: Map<string, Float32Array[]>;
  readonly initial: Map<string, Float32Array>;
  /** By tensor: the weights after each step. */
  readonly after: Map<string, Float32Array[]>;
}

/** A run of some steps. Rows now and then stay where they are, as those of an inactive unit do. */
export function makeRun(steps: number, seed = 1, of: readonly LoggedLayer[] = layers): Run {
  const random = randomNumbers(seed);
  const run: Run = { layers: of, records: [], deltas: new Map(), initial: new Map(), after: new Map() };
  for (let step = 1; step <= steps; step++) {
    const examples = Array.from({ length: 3 }, () => Math.floor(random() * 60000));
    const record = {
      step,
      epoch: Math.floor(step / 10),
      learningRate: 0.1 / step,
      examples,
      ghosts: [step],
      loss: random(),
    };
    run.records.push(step % 3 === 0 ? record : { ...record, class: step % 10 });
  }
  for (const layer of of) {
    const size = layerSize(layer);
    const deltas = Array.from({ length: steps }, () => new Float32Array(size));
    let begin = 0;
    for (const { name, dims } of layer.tensors) {
      const count = elementCount(dims);
      const row = count / dims[0]!;
      let weights = Float32Array.from({ length: count }, () => random() - 0.5);
      run.initial.set(name, weights);
      run.after.set(
        name,
        deltas.map((delta, step) => {
          const next = weights.map((weight, i) => {
            const still = (Math.floor(i / row) + step) % 4 === 0;
            return still ? weight : weight + ((random() - 0.5) * 0.01) / (step + 1);
          });
          for (let i = 0; i < count; i++) delta[begin + i] = next[i]! - weights[i]!;
          weights = next;
          return next;
        }),
      );
      begin += count;
    }
    run.deltas.set(layer.name, deltas);
  }
  return run;
}

/** Weights after a step, by tensor. */
export function weightsAfter(run: Run, step: number): Map<string, Float32Array> {
  return step === 0 ? run.initial : new Map([...run.after].map(([name, all]) => [name, all[step - 1]!]));
}

/** The records of steps `first` to `last` as a writer's `append` takes them. */
export function batch(run: Run, first: number, last: number): [StepRecord[], Map<string, Float32Array>] {
  const deltas = new Map<string, Float32Array>();
  for (const [name, all] of run.deltas) deltas.set(name, stack(all.slice(first - 1, last)));
  return [run.records.slice(first - 1, last), deltas];
}

/** Rows joined into one array. */
export function stack(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]?.length ?? 0;
  const stacked = new Float32Array(rows.length * size);
  rows.forEach((row, i) => stacked.set(row, i * size));
  return stacked;
}

/** Writes a run, `perAppend` steps at a time, with a seal after each step of `sealAfter` and at the end. */
export async function writeRun(
  directory: string,
  run: Run,
  {
    perAppend = 5,
    sealAfter = [],
    from = 1,
    ...options
  }: Partial<LogWriterOptions> & { perAppend?: number; sealAfter?: number[]; from?: number } = {},
): Promise<void> {
  const writer = await openLogWriter(directory, { layers: run.layers, threads: 1, ...options });
  for (let first = from; first <= run.records.length; first += perAppend) {
    const last = Math.min(first + perAppend - 1, run.records.length);
    await writer.append(...batch(run, first, last));
    if (sealAfter.includes(last)) await writer.seal();
  }
  await writer.close();
}

/** All of a layer's deltas in a log, one array a step. */
export async function readDeltas(log: DeltaLog, layer: string, range: Parameters<DeltaLog['deltas']>[1] = {}) {
  const steps: Float32Array[] = [];
  for await (const { firstStep, count, data } of log.deltas(layer, range)) {
    const size = data.length / count;
    if (firstStep !== (range.firstStep ?? 1) + steps.length) throw new Error(`chunk of step ${firstStep} out of order`);
    for (let k = 0; k < count; k++) steps.push(data.slice(k * size, (k + 1) * size));
  }
  return steps;
}

/** Every element of an async iterable. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Reads all that there is in a log, so that damage anywhere comes to light. */
export async function readEverything(log: DeltaLog): Promise<void> {
  await collect(log.steps());
  for (const { name } of log.layers) {
    await readDeltas(log, name, { firstStep: log.firstStep });
    for (const { lastStep } of log.segments) await log.residual(name, lastStep);
  }
}
