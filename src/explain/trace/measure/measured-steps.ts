/** The steps of a layer, projected: what a pass over its updates reads, whoever computes it. */
import type { Measured, ProjectedQueries } from '../projector.js';
import type { Strategy } from '../strategies/strategy.js';

/** Queries, and how steps are projected for them. */
export interface MeasuredQueries extends ProjectedQueries {
  readonly strategy: Strategy;
  /** Most steps that are projected at once. */
  readonly chunkSteps: number;
}

/** Consecutive steps, or what the codec owes behind the last of them; of which the first queries alone have anything. */
export interface MeasuredSteps {
  readonly firstStep: number;
  /** Number of steps. */
  readonly count: number;
  /** Whether this is what the codec owes: one step that was never logged, for the first queries alone. */
  readonly isOwed: boolean;
  /** For each of the pass's queries; of the first with the steps' sum. */
  readonly queries: readonly Measured[];
}

/** A layer's steps. */
export interface Measuring {
  /** In order, and behind them what the codec owes. They can be gone through once. */
  readonly steps: AsyncIterable<MeasuredSteps>;
  /** Lets go of whatever was begun. */
  close(): Promise<void>;
}

/** Which steps of which layer. */
export interface StepsAsked {
  /** The layer's name in the log. */
  readonly logName: string;
  readonly lastStep: number;
  readonly chunkSteps: number;
  /** Most steps in a chunk of outer products. */
  readonly factorSteps: number;
  /** Which stretches of the steps are measured (`stretches.ts`), by their place among all; all by default. */
  readonly isOwn?: ((stretch: number) => boolean) | undefined;
}
