/** The training as a trace shows it: losses over the steps, and the batches of steps that its lists name. */
import type { DeltaLog } from '../../../log/read/reader.js';
import { shortNumber } from '../../../numeric/short-number.js';
import type { TraceQuery, TraceTraining } from '../../../results/trace.js';
import type { EpochRecord } from '../../../run/manifest.js';
import { chosenSteps } from './chosen-steps.js';

/** More losses than this are not told apart in a curve of a page. */
const MOST_LOSSES = 400;

/**
 * Goes through the records of the steps once.
 * @param queries whose lists name steps
 */
export async function trainingOf(
  log: Pick<DeltaLog, 'steps'>,
  { steps: lastStep, epochs }: { readonly steps: number; readonly epochs: readonly Pick<EpochRecord, 'step'>[] },
  queries: readonly Pick<TraceQuery, 'layers'>[],
): Promise<TraceTraining> {
  const steps = chosenSteps(lastStep, MOST_LOSSES);
  const named = new Set(
    queries.flatMap(({ layers }) => layers.flatMap(({ batches }) => batches.map(({ step }) => step))),
  );
  const loss: number[] = [];
  const batches: { step: number; examples: number[] }[] = [];
  for await (const record of log.steps({ lastStep })) {
    if (record.step === steps[loss.length]) loss.push(shortNumber(record.loss));
    if (named.has(record.step)) batches.push({ step: record.step, examples: [...record.examples] });
  }
  return { stepsPerEpoch: epochs[0]?.step ?? lastStep, steps, loss, batches };
}
