/** How a layer is traced, which is decided before any of its updates is read. */
import type { TraceableLayer } from '../../graph/layers.js';
import { layerMatrix, type LayerMatrix } from './layer-matrix.js';
import { factorBytes } from './query-factors.js';
import { strategyFor } from './strategies/registry.js';
import type { Strategy } from './strategies/strategy.js';

/** How a layer is traced. */
export interface LayerPlan {
  readonly matrix: LayerMatrix;
  /** How steps are projected. */
  readonly strategy: Strategy;
  /** Most steps that are read at once, */
  readonly chunkSteps: number;
  /** and most where they are outer products. */
  readonly factorSteps: number;
  /** Queries that share a pass over the log. */
  readonly together: number;
  /** Whether steps come as outer products. */
  readonly factored: boolean;
}

/** What a plan follows from. */
export interface LayerSizes {
  /** Dimensions of the layer's input for one example. */
  readonly inputDims: readonly number[];
  /** Elements of its output for one example. */
  readonly outputSize: number;
  /** Whether its deltas have a bias part. */
  readonly hasBias: boolean;
  /** Bytes of what is added up for each query beside what it is projected with. */
  readonly sumBytes: number;
  /** Most steps that are read at once; as many as a few megabytes hold by default. */
  readonly chunkSteps?: number | undefined;
  /** Bytes for what is kept of the queries; those that exceed it wait for another pass over the log. */
  readonly queryBytes?: number | undefined;
  /** Inputs that are explained; 1 by default. */
  readonly queries?: number | undefined;
  /** Steps that are gone through; so many by default that what is done once counts for nothing. */
  readonly steps?: number | undefined;
  /** Whether its updates come as outer products; false by default. */
  readonly factored?: boolean | undefined;
  /** How often what is kept of the queries is in memory: in each thread, and of two passes at a time; once by default. */
  readonly copies?: number | undefined;
}

/** Most steps at once, so that short logs take as much memory as long ones, */
const CHUNK_STEPS = 128;
/** and fewer where a query would take more than this while they are projected: what fits into a core's cache is faster. */
const CHUNK_WORKING_BYTES = 2 ** 22;
/** Of each position and outer product, of which there are eight or so: what both sides make of it, and their products. */
const FACTOR_BYTES = 8 * 16;
/** Queries whose factors and sums stay below this share a pass over the log. */
const QUERY_BYTES = 2 ** 29;

/** Decides how a layer is traced. @throws InputError where it cannot be */
export function planLayer(layer: TraceableLayer, sizes: LayerSizes): LayerPlan {
  const { inputDims, outputSize, hasBias, sumBytes, chunkSteps, copies = 1 } = sizes;
  const { queries = 1, steps = Infinity, factored = false } = sizes;
  const queryBytes = sizes.queryBytes ?? QUERY_BYTES / copies;
  const matrix = layerMatrix(layer, inputDims, outputSize, hasBias);
  const together = (way: Strategy) => Math.max(1, Math.floor(queryBytes / (factorBytes(matrix, way) + sumBytes)));
  const strategy = strategyFor(matrix, (way) => ({
    queries: Math.min(queries, together(way)),
    steps,
    factored,
  }));
  return {
    matrix,
    strategy,
    chunkSteps: chunkSteps ?? stepsOf(strategy.workingBytes(matrix, 1)),
    // What is made of each is as wide as there are positions, and not as there are outputs.
    factorSteps: chunkSteps ?? stepsOf(FACTOR_BYTES * matrix.positions),
    together: together(strategy),
    factored,
  };
}

/** Steps that may be projected at once. @param bytes what a query takes for each */
function stepsOf(bytes: number): number {
  return Math.max(1, Math.min(CHUNK_STEPS, Math.floor(CHUNK_WORKING_BYTES / bytes)));
}
