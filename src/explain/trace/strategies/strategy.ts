/** How the γ and the norms of many steps are computed for many queries. */
import type { GraphBuilder } from '../../../graph/builder.js';
import type { Deltas } from '../forms/form.js';
import type { StepMatrix } from '../layer-matrix.js';
import type { MatrixValues } from '../matrix-values.js';

/** Something that a query contributes, as a value of the graph that computes it. */
export interface Factor {
  readonly name: string;
  /** Dimensions for one query. */
  readonly dims: readonly number[];
  /** Whether the queries are the last dimension where it is projected, and not the first: brought there once, not with every step. */
  readonly queriesLast?: boolean;
}

/** Names of values that a projection computes. */
export interface Projected {
  /** ⟨r, Δ f⟩: [T, Q] */
  readonly gamma: string;
  /** ‖Δ f‖²: [T, Q]; undefined where γ is all that is asked for. */
  readonly squares?: string;
  /** What the steps add up to, float64; likewise. */
  readonly sum?: string;
  /** Emits Δ f of each step: [T, outputs, Q]. Only of a way that applies Δ. */
  readonly outputs?: () => string;
}

/** The part of a way that γ alone takes. */
export interface GammaPart {
  /** Bytes that a query takes while `steps` steps are projected, beside its factors. */
  workingBytes(matrix: StepMatrix, steps: number): number;
  factors(matrix: StepMatrix): readonly Factor[];
  /** As `emitFactors` of a strategy. */
  emitFactors(g: GraphBuilder, matrix: MatrixValues, columns: string, reference: string): readonly string[];
  /** @returns γ, [T, Q] */
  emit(g: GraphBuilder, matrix: MatrixValues, deltas: Deltas, factors: readonly string[]): string;
}

/** What a way is taken for. */
export interface StrategyUse {
  /** Queries that are projected together. */
  readonly queries: number;
  /** Steps that they are projected through. */
  readonly steps: number;
  /** Whether updates come as outer products. */
  readonly factored: boolean;
}

/** Outer products of an update, about. */
export const USUAL_RANK = 16;

/** A way to compute them: one file beside this one, one line in `registry.ts`. */
export interface Strategy {
  readonly name: string;
  /** Multiplications for one step and query; the cheapest way is taken. */
  cost(matrix: StepMatrix, use: StrategyUse): number;
  /** Bytes that a query takes while `steps` steps are projected, beside its factors. */
  workingBytes(matrix: StepMatrix, steps: number): number;
  /** What is kept of each query. */
  factors(matrix: StepMatrix): readonly Factor[];
  /**
   * Emits a query's factors.
   * @param columns [groups, inputs, positions]
   * @param reference r, [groups, units, positions]
   * @returns a value for each of `factors`, in their order
   */
  emitFactors(g: GraphBuilder, matrix: MatrixValues, columns: string, reference: string): readonly string[];
  /**
   * Emits the projection.
   * @param factors of Q queries, each with Q as first dimension, or as last
   */
  emitProjection(g: GraphBuilder, matrix: MatrixValues, deltas: Deltas, factors: readonly string[]): Projected;
  /** What γ alone takes of it. */
  readonly gamma: GammaPart;
  /** Whether `sum` is Σ Δ, [size], the same for all queries; otherwise it is Σ Δ f, [outputs, Q]. */
  readonly sumsDeltas: boolean;
}

/** A way that computes γ and nothing else. */
export function gammaAlone(strategy: Strategy): Strategy {
  const { gamma } = strategy;
  return {
    ...strategy,
    name: `${strategy.name}, γ alone`,
    workingBytes: (matrix, steps) => gamma.workingBytes(matrix, steps),
    factors: (matrix) => gamma.factors(matrix),
    emitFactors: (g, matrix, columns, reference) => gamma.emitFactors(g, matrix, columns, reference),
    emitProjection: (g, matrix, deltas, factors) => ({ gamma: gamma.emit(g, matrix, deltas, factors) }),
  };
}
