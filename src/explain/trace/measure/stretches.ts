/**
 * Stretches of a layer's steps: chunks that follow one another, until they have so many steps. Sums are taken over each stretch,
 * and then over all of them in order. So what shards of a trace hand over stays small beside what they read, and whoever adds
 * the stretches up gets the same sum, however many shards there were.
 */
import * as v from 'valibot';
import type { MeasuredSteps } from './measured-steps.js';
import type { Measured } from '../projector.js';

/** Steps that end a stretch: the sum of a layer's updates is as large as two of them. */
const STRETCH_STEPS = 64;

/** Chunks of the stretches of one's own. @param isOwn of a stretch, by its number; what is owed is one of its own, the last */
export async function* ownStretches<T extends object>(
  chunks: AsyncIterable<T>,
  stepsOf: (chunk: T) => number | undefined,
  isOwn: (stretch: number) => boolean = () => true,
): AsyncGenerator<T> {
  let [stretch, steps] = [0, 0];
  for await (const chunk of chunks) {
    const count = stepsOf(chunk);
    if (count === undefined && steps > 0) [stretch, steps] = [stretch + 1, 0];
    if (isOwn(stretch)) yield chunk;
    steps += count ?? STRETCH_STEPS;
    if (steps >= STRETCH_STEPS) [stretch, steps] = [stretch + 1, 0];
  }
}

/** Chunks put together to stretches: all of them, or some, each whole. What is owed stays by itself. */
export async function* joined(chunks: AsyncIterable<MeasuredSteps>): AsyncGenerator<MeasuredSteps> {
  let parts: MeasuredSteps[] = [];
  let steps = 0;
  const end = () => {
    const whole = join(parts);
    [parts, steps] = [[], 0];
    return whole;
  };
  for await (const chunk of chunks) {
    const last = parts.at(-1);
    const follows = last !== undefined && !chunk.isOwed && last.firstStep + last.count === chunk.firstStep;
    if (last && !follows) yield end();
    parts.push(chunk);
    steps += chunk.count;
    if (chunk.isOwed || steps >= STRETCH_STEPS) yield end();
  }
  if (parts.length > 0) yield end();
}

function join(parts: readonly MeasuredSteps[]): MeasuredSteps {
  const [first] = parts as [MeasuredSteps];
  if (parts.length === 1) return first;
  return {
    ...first,
    count: parts.reduce((sum, { count }) => sum + count, 0),
    queries: first.queries.map((_, i) => joinMeasured(parts.map(({ queries }) => queries[i]!))),
  };
}

function joinMeasured(parts: readonly Measured[]): Measured {
  const [first] = parts as [Measured];
  return {
    gamma: concat(Float64Array, parts.map(({ gamma }) => gamma)), // prettier-ignore
    norm: concat(Float64Array, parts.map(({ norm }) => norm)), // prettier-ignore
    sums: first.sums.map((sum, block) => {
      for (const { sums } of parts.slice(1)) addTo(sum, sums[block]!);
      return sum;
    }),
    outputs: first.outputs?.map((_, block) => concat(Float32Array, parts.map(({ outputs }) => outputs![block]!))), // prettier-ignore
  };
}

function concat<T extends Float32Array | Float64Array>(kind: new (length: number) => T, parts: readonly T[]): T {
  const all = new kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function addTo(sum: Float64Array, part: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
}

const float64s = v.instance(Float64Array);

/** A stretch, as a shard hands it over. */
export const measuredSchema: v.GenericSchema<unknown, MeasuredSteps> = v.object({
  firstStep: v.number(),
  count: v.number(),
  isOwed: v.boolean(),
  queries: v.array(
    v.object({
      gamma: float64s,
      norm: float64s,
      sums: v.array(float64s),
      outputs: v.optional(v.array(v.instance(Float32Array))),
    }),
  ),
});
