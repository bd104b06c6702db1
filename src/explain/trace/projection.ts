/** What the steps of one layer add up to for its queries, and what is missing of it. */
import type { StoredSteps } from '../../log/read/stored-chunk.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { StepMatrix } from './layer-matrix.js';
import type { LayerView } from './layer-weights.js';
import { openProjector, type Measured, type ProjectedQueries } from './projector.js';
import type { QueryFactors } from './query-factors.js';
import type { Strategy } from './strategies/strategy.js';

/** A projector that adds up what it projects. */
export interface Projection {
  /**
   * Projects steps and adds them to the sum.
   * @param deltas of `steps` steps
   */
  addSteps(deltas: StoredSteps, steps: number): Promise<Omit<Measured, 'sums'>>;
  /** Adds steps that another projector of the same layer and queries has projected. */
  add(sums: Measured['sums']): void;
  /** Projects something that is not part of the sum. @param deltas of `steps` steps, a single one by default */
  project(deltas: StoredSteps, steps?: number): Promise<Omit<Measured, 'sums'>>;
  /**
   * ‖V f − Σ Δ f‖ for each query: what the steps so far lack of V, how far training moved the layer.
   * @param change V, asked for where Δ were added up, and not Δ f
   * @param seen V f for each query, as the queries' factors have it by default
   */
  missing(change: () => Float32Array, seen?: readonly Pick<LayerView, 'change'>[]): Promise<Float64Array>;
  /** Number of queries in each block: those that are projected together. */
  readonly blocks: readonly number[];
  /** Σ Δ f of the steps so far, for each query: one number per output. Only with a strategy that adds up Δ f. */
  outputs(): Float64Array[];
  release(): Promise<void>;
}

/** A projector, and the sum of what it projects; see `openProjector`. */
export function openProjection(
  runtime: Runtime,
  matrix: StepMatrix,
  strategy: Strategy,
  factors: QueryFactors & Pick<ProjectedQueries, 'keepsOutputs'>,
  chunkSteps: number,
  workingBytes?: number,
): Projection {
  const projector = openProjector(runtime, matrix, strategy, factors, chunkSteps, workingBytes);
  let total: readonly Float64Array[] | undefined;

  function add(sums: Measured['sums']): void {
    if (!total) total = sums;
    else total.forEach((sum, block) => addTo(sum, sums[block]!));
  }

  function outputs(): Float64Array[] {
    if (strategy.sumsDeltas) throw new Error(`internal: ${strategy.name} does not add up outputs`);
    const count = matrix.groups * matrix.units * matrix.positions;
    return projector.blocks.flatMap((queries, block) => {
      const sums = total?.[block];
      return Array.from({ length: queries }, (_, query) => {
        const own = new Float64Array(count);
        if (sums)
          for (let output = 0, from = query; output < count; output++, from += queries) own[output] = sums[from]!;
        return own;
      });
    });
  }

  return {
    add,
    blocks: projector.blocks,
    outputs,
    addSteps: async (deltas, steps) => {
      const measured = await projector.measure(deltas, steps, true);
      add(measured.sums);
      return measured;
    },
    project: (deltas, steps = 1) => projector.measure(deltas, steps, false),
    missing: async (change, seen = factors.views) => {
      if (strategy.sumsDeltas) {
        const data = change();
        const sum = total?.[0];
        if (sum) for (let i = 0; i < data.length; i++) data[i]! -= sum[i]!;
        return (await projector.measure({ form: 'dense', data }, 1, false)).norm;
      }
      return Float64Array.from(outputs(), (found, query) => {
        const wanted = seen[query]!.change;
        let squares = 0;
        for (let i = 0; i < found.length; i++) squares += (wanted[i]! - found[i]!) ** 2;
        return Math.sqrt(squares);
      });
    },
    release: () => projector.release(),
  };
}

function addTo(sum: Float64Array, part: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
}
