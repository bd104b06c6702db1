/** Reads and projects steps in this thread, each chunk when it is asked for. */
import type { DeltaLog } from '../../../log/read/reader.js';
import type { StoredChunk } from '../../../log/read/stored-chunk.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { StepMatrix } from '../layer-matrix.js';
import { openProjector } from '../projector.js';
import type { MeasuredQueries, MeasuredSteps, Measuring, StepsAsked } from './measured-steps.js';
import { ownStretches } from './stretches.js';

/** What is read of a log in this thread. */
export type LocalLog = Pick<DeltaLog, 'stored' | 'residual'>;

/** Measures steps for some queries; what the codec owes for the first of them. */
export function measureHere(
  runtime: Runtime,
  matrix: StepMatrix,
  log: LocalLog,
  { logName, isOwn, ...range }: StepsAsked,
  queries: readonly MeasuredQueries[],
): Measuring {
  const projectors = queries.map(({ strategy, chunkSteps, ...each }) =>
    openProjector(runtime, matrix, strategy, each, chunkSteps),
  );
  async function* chunks(): AsyncGenerator<{ readonly steps?: StoredChunk }> {
    for await (const steps of log.stored(logName, range)) yield { steps };
    yield {};
  }
  async function* measured(): AsyncGenerator<MeasuredSteps> {
    for await (const { steps } of ownStretches(chunks(), (chunk) => chunk.steps?.count, isOwn)) {
      if (steps) {
        const { firstStep, count } = steps;
        const each = [];
        for (const [i, projector] of projectors.entries()) each.push(await projector.measure(steps, count, i === 0));
        yield { firstStep, count, isOwed: false, queries: each };
      } else {
        const data = await log.residual(logName, range.lastStep);
        const lost = await projectors[0]!.measure({ form: 'dense', data }, 1, false);
        yield { firstStep: range.lastStep, count: 1, isOwed: true, queries: [lost] };
      }
    }
  }
  return {
    steps: measured(),
    close: async () => {
      for (const projector of projectors) await projector.release();
    },
  };
}
