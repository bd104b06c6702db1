/** Reads and projects steps in this thread, each chunk when it is asked for. */
import type { DeltaLog } from '../../../log/read/reader.js';
import type { Runtime } from '../../../runtime/runtime.js';
import type { StepMatrix } from '../layer-matrix.js';
import { openProjector } from '../projector.js';
import type { MeasuredQueries, MeasuredSteps, Measuring, StepsAsked } from './measured-steps.js';

/** What is read of a log in this thread. */
export type LocalLog = Pick<DeltaLog, 'stored' | 'residual'>;

/** Measures steps for some queries; what the codec owes for the first of them. */
export function measureHere(
  runtime: Runtime,
  matrix: StepMatrix,
  log: LocalLog,
  { logName, ...range }: StepsAsked,
  queries: readonly MeasuredQueries[],
): Measuring {
  const projectors = queries.map(({ strategy, chunkSteps, ...each }) =>
    openProjector(runtime, matrix, strategy, each, chunkSteps),
  );
  async function* steps(): AsyncGenerator<MeasuredSteps> {
    for await (const chunk of log.stored(logName, range)) {
      const { firstStep, count } = chunk;
      const measured = [];
      for (const [i, projector] of projectors.entries()) measured.push(await projector.measure(chunk, count, i === 0));
      yield { firstStep, count, isOwed: false, queries: measured };
    }
    const data = await log.residual(logName, range.lastStep);
    const lost = await projectors[0]!.measure({ form: 'dense', data }, 1, false);
    yield { firstStep: range.lastStep, count: 1, isOwed: true, queries: [lost] };
  }
  return {
    steps: { [Symbol.asyncIterator]: steps },
    close: async () => {
      for (const projector of projectors) await projector.release();
    },
  };
}
