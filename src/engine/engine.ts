/** What runs shards on many machines. None is of our own: an engine here hands them to one that exists. */
import type { Reporting } from '../progress.js';

/** A command that is to be divided. */
export interface Plan {
  /** The command and its arguments. */
  readonly words: readonly string[];
  /** How many shards; what the engine finds fit by default. */
  readonly shards?: number | undefined;
  /** Folder for the result, which all machines reach. What shards compute lies beside it until it is merged. */
  readonly out: string;
  /** Flags of the merge, which makes the result. */
  readonly flags: readonly string[];
  /** The folder that the command was typed in. */
  readonly folder: string;
}

/** A plan as it is asked for. */
export interface AskedPlan extends Plan {
  /** Is called before any of it is begun. @throws InputError where its result could not be written */
  readonly onBegin: () => Promise<unknown>;
}

/** How a command ended on another machine. */
export interface Outcome {
  /** Its exit code. */
  readonly code: number;
  /** What it printed, line by line. */
  readonly printed: readonly string[];
}

/** An engine: one folder, and a line in `registry.ts`. */
export interface Engine {
  /**
   * Has a command's shards computed, and merged.
   * @param cancelled ends it: what runs is stopped, and what waits is taken back
   * @throws InputError where the engine cannot be reached, and for what a shard or the merge refuses
   */
  run(plan: AskedPlan, reporting: Reporting, cancelled: AbortSignal): Promise<Outcome>;
  /**
   * Computes what is asked for, until it is told to stop; what was begun is handed back then.
   * @param onWork is told what is computed
   */
  work(onWork: (what: string) => void, stopped: AbortSignal): Promise<void>;
}
