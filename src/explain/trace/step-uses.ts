/** The steps of a log as their examples see them: each layer goes through them once. */
import type { DeltaLog } from '../../log/read/reader.js';
import { stepUse, type StepUse } from './step-use.js';

/** Numbers of all steps up to which what the steps used is kept, rather than read again for each layer: 16 MB. */
const KEPT_NUMBERS = 2 ** 21;
/** What a step takes besides its examples, in numbers. */
const STEP_NUMBERS = 16;

/** Goes through the steps, from the first on. */
export interface StepReader {
  /**
   * The next steps.
   * @throws InputError when a step used an example that the data do not have
   */
  take(count: number): Promise<readonly StepUse[]>;
  close(): Promise<void>;
}

/** What the steps are made of. */
export interface UsedExamples {
  /** Last step that counts. */
  readonly lastStep: number;
  /** Class of every training example. */
  readonly labels: Int32Array;
  /** What the loss of every training example was multiplied by; 1 by default. */
  readonly weights?: Float32Array | undefined;
}

/**
 * Opens the steps of a log.
 * @param keptNumbers of steps that take more in all, nothing is kept
 * @returns begins to go through them
 */
export function openStepUses(
  log: Pick<DeltaLog, 'steps'>,
  { lastStep, labels, weights }: UsedExamples,
  keptNumbers = KEPT_NUMBERS,
): () => StepReader {
  async function* read(): AsyncGenerator<StepUse> {
    for await (const record of log.steps({ lastStep })) yield stepUse(record, labels, weights);
  }

  async function readAll(): Promise<readonly StepUse[] | undefined> {
    const uses: StepUse[] = [];
    let numbers = 0;
    for await (const use of read()) {
      numbers += STEP_NUMBERS + use.examples.length + (use.shares?.length ?? 0);
      if (numbers > keptNumbers) return undefined;
      uses.push(use);
    }
    return uses;
  }

  let kept: Promise<readonly StepUse[] | undefined> | undefined;
  return () => {
    let done = 0;
    let rest: AsyncGenerator<StepUse> | undefined;
    return {
      take: async (count) => {
        const all = await (kept ??= readAll());
        const taken = all?.slice(done, done + count) ?? (await several((rest ??= read()), count));
        if (taken.length < count) throw new Error('internal: the log has fewer step records than deltas');
        done += count;
        return taken;
      },
      close: async () => {
        await rest?.return(undefined);
      },
    };
  };
}

async function several(uses: AsyncGenerator<StepUse>, count: number): Promise<StepUse[]> {
  const taken: StepUse[] = [];
  while (taken.length < count) {
    const next = await uses.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
