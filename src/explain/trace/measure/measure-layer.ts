/** Measures the steps of a layer: whoever computes that, threads of this process, this one, or shards elsewhere. */
import type { Division } from '../../../shards/division.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { LayerPlan } from '../layer-plan.js';
import { measureHere, type LocalLog } from './here.js';
import type { MeasuredQueries, MeasuredSteps, Measuring } from './measured-steps.js';
import type { MeasurePool, PlacedLog } from './pool.js';
import { joined, measuredSchema } from './stretches.js';

/** A log, and what computes with it. */
export interface StepsToMeasure {
  readonly runtime: Runtime;
  readonly log: LocalLog & Partial<PlacedLog>;
  readonly lastStep: number;
  /** Threads that read the log and measure steps; without them this one does. */
  readonly pool?: MeasurePool | undefined;
  readonly division: Division;
}

/** A pass over a layer. */
export interface PassToMeasure {
  /** Tells it from all other passes. */
  readonly task: string;
  /** The layer's name in the log. */
  readonly logName: string;
  readonly plan: LayerPlan;
  /** Told how much of the layer is done, from 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** Has the steps of a layer measured for some queries; what the codec owes for the first of them. Begins at once. */
export function measureLayer(
  { runtime, log, lastStep, pool, division }: StepsToMeasure,
  { task, logName, plan: { matrix, chunkSteps, factorSteps }, onProgress }: PassToMeasure,
  queries: readonly MeasuredQueries[],
): Measuring {
  const { places, owed } = log;
  let begun: Measuring | undefined;
  const steps = division.units({
    name: task,
    schema: measuredSchema,
    compute: (isOwn) => {
      const asked = { logName, lastStep, chunkSteps, factorSteps, isOwn };
      begun =
        pool && places && owed
          ? pool.measure(matrix, { places, owed }, asked, queries)
          : measureHere(runtime, matrix, log, asked, queries);
      return joined(withProgress(begun.steps, (step) => onProgress?.(step / lastStep)));
    },
  });
  return { steps, close: async () => begun?.close() };
}

async function* withProgress(
  chunks: AsyncIterable<MeasuredSteps>,
  onStep: (step: number) => void,
): AsyncGenerator<MeasuredSteps> {
  for await (const chunk of chunks) {
    yield chunk;
    if (!chunk.isOwed) onStep(chunk.firstStep + chunk.count - 1);
  }
}
