/**
 * γ and ‖Δ f‖ of many steps for many queries at one layer.
 *
 * Anything that has the shape of a delta can be projected: what a codec dropped is a step that was never logged.
 */
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import type { StoredSteps } from '../../log/read/stored-chunk.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { elementCount, float32, type Tensor } from '../../tensor.js';
import type { DeltaForm } from './forms/form.js';
import { formOf } from './forms/registry.js';
import type { StepMatrix } from './layer-matrix.js';
import { declareSizes, sizesOf } from './matrix-values.js';
import type { QueryFactors, QueryNorms } from './query-factors.js';
import type { Strategy } from './strategies/strategy.js';

/** Numbers for each step and query: `[step · queries + query]`. */
export interface StepProjections {
  /** ⟨r, Δ f⟩ (Eq. 6). */
  readonly gamma: Float64Array;
  /** ‖Δ f‖; NaN where the strategy computes γ alone. */
  readonly norm: Float64Array;
}

/** Projections, and the steps' sum. */
export interface Measured extends StepProjections {
  /** The sum of the steps, for each block of queries; of the first block alone where it is the same for all. */
  readonly sums: readonly Float64Array[];
  /** Δ f of each step, where it is kept: for each block [steps, outputs, queries of the block]. */
  readonly outputs?: readonly Float32Array[] | undefined;
}

/** Queries as steps are projected for them. */
export interface ProjectedQueries {
  readonly norms: readonly Pick<QueryNorms, 'reference'>[];
  readonly stacked: QueryFactors['stacked'];
  /** Whether Δ f itself is kept of each step; only with a strategy that applies Δ. */
  readonly keepsOutputs?: boolean | undefined;
}

/** Projects steps of one layer for a fixed set of queries. */
export interface Projector {
  /** Projects steps. @param sums whether their sum is asked for too */
  measure(deltas: StoredSteps, steps: number, sums: boolean): Promise<Measured>;
  /** Number of queries in each block: those that are projected together. */
  readonly blocks: readonly number[];
  release(): Promise<void>;
}

/** What queries that are projected together may need besides their factors. */
const WORKING_BYTES = 2 ** 26;

/**
 * Prepares the graphs that compute γ and ‖Δ f‖ of many steps and queries at once.
 * @param chunkSteps most steps that are projected at once
 * @param workingBytes queries are projected together as long as they need no more than this besides their factors
 */
export function openProjector(
  runtime: Runtime,
  matrix: StepMatrix,
  strategy: Strategy,
  { norms, stacked, keepsOutputs = false }: ProjectedQueries,
  chunkSteps: number,
  workingBytes = WORKING_BYTES,
): Projector {
  const graphs = new Map<string, Promise<ProjectionGraph>>();
  const graphOf = (form: DeltaForm, oneQuery: boolean) => {
    const key = `${form.key} for ${oneQuery ? 'one' : 'many'}`;
    let graph = graphs.get(key);
    if (!graph) graphs.set(key, (graph = openGraph(runtime, matrix, strategy, form, { oneQuery, keepsOutputs })));
    return graph;
  };
  const queries = norms.length;
  const sizes = sizesOf(matrix);
  const together = Math.max(1, Math.floor(workingBytes / strategy.workingBytes(matrix, chunkSteps)));
  const blocks = Array.from({ length: Math.ceil(queries / together) }, (_, i) =>
    blockOf(matrix, strategy, stacked, i * together, Math.min((i + 1) * together, queries)),
  );
  return {
    blocks: blocks.map(({ first, end }) => end - first),
    measure: async (deltas, steps, wantsSums) => {
      const gamma = new Float64Array(steps * queries);
      const norm = new Float64Array(steps * queries);
      const sums: Float64Array[] = [];
      const kept: Float32Array[] = [];
      const form = formOf(matrix, deltas, steps);
      const feeds = { ...sizes, ...form.feeds(STEPS) };
      for (const block of blocks) {
        // Σ Δ is the same for all queries, Σ Δ f each has its own.
        const { session, names } = await graphOf(form, block.end - block.first === 1);
        const addsUp = wantsSums && (block.first === 0 || !strategy.sumsDeltas);
        const fetches = addsUp ? names : names.filter((name) => name !== 'sum');
        const outputs = await session.run({ ...block.feeds(), ...feeds }, fetches);
        if (addsUp) sums.push(outputs.sum!.data as Float64Array);
        if (outputs.outputs) kept.push(outputs.outputs.data as Float32Array);
        const gammas = outputs.gamma!.data as Float32Array;
        const squares = outputs.squares?.data as Float32Array | undefined;
        for (let step = 0, from = 0; step < steps; step++) {
          for (let query = block.first; query < block.end; query++, from++) {
            const reference = norms[query]!.reference;
            const to = step * queries + query;
            gamma[to] = gammas[from]!;
            if (!squares) {
              norm[to] = NaN;
              continue;
            }
            // No vector is shorter than its part along r: where rounding says otherwise, the cosine would leave [−1, 1].
            const least = reference > 0 ? Math.abs(gammas[from]!) / reference : 0;
            norm[to] = Math.max(Math.sqrt(Math.max(squares[from]!, 0)), least);
          }
        }
      }
      return { gamma, norm, sums, outputs: keepsOutputs ? kept : undefined };
    },
    release: async () => {
      for (const graph of graphs.values()) await (await graph).session.release();
    },
  };
}

/** What the names of a graph's inputs for the steps begin with. */
const STEPS = 'steps';

/** A graph for one form of deltas. */
interface ProjectionGraph {
  readonly session: Session;
  /** Of its outputs. */
  readonly names: readonly string[];
}

async function openGraph(
  runtime: Runtime,
  matrix: StepMatrix,
  strategy: Strategy,
  form: DeltaForm,
  { oneQuery, keepsOutputs }: { readonly oneQuery: boolean; readonly keepsOutputs: boolean },
): Promise<ProjectionGraph> {
  const g = new GraphBuilder({ name: 'projection' });
  const values = declareSizes(g, matrix, oneQuery);
  const deltas = form.declare(g, values, STEPS);
  const factors = strategy.factors(matrix).map(({ name, dims, queriesLast }) => {
    const own = dims.map((_, axis) => `${name} ${axis}`);
    return g.input(name, 'float32', queriesLast ? [...own, 'queries'] : ['queries', ...own]);
  });
  const { gamma, squares, sum, outputs } = strategy.emitProjection(g, values, deltas, factors);
  g.output(g.rename(gamma, 'gamma'), 'float32', ['steps', 'queries']);
  if (squares !== undefined) g.output(g.rename(squares, 'squares'), 'float32', ['steps', 'queries']);
  if (sum !== undefined) g.output(g.rename(sum, 'sum'), 'float64');
  if (keepsOutputs) g.output(g.rename(outputs!(), 'outputs'), 'float32');
  const session = await runtime.createSession(encodeModel(g.model()));
  return { session, names: g.graph.output.map(({ name }) => name) };
}

/** Queries that are projected together. */
interface Block {
  readonly first: number;
  readonly end: number;
  /** Their factors; made when they are first asked for. */
  readonly feeds: () => Readonly<Record<string, Tensor>>;
}

function blockOf(
  matrix: StepMatrix,
  strategy: Strategy,
  stacked: Readonly<Record<string, Float32Array>>,
  first: number,
  end: number,
): Block {
  let feeds: Readonly<Record<string, Tensor>> | undefined;
  const make = () =>
    strategy.factors(matrix).map(({ name, dims, queriesLast }) => {
      const length = elementCount(dims);
      const own = stacked[name]!.subarray(first * length, end * length);
      if (queriesLast) return [name, float32(lastOf(own, end - first), [...dims, end - first])] as const;
      return [name, float32(unshared(own), [end - first, ...dims])] as const;
    });
  return { first, end, feeds: () => (feeds ??= Object.fromEntries(make())) };
}

/** Elements of a query that are moved at once: what they are read from and written to fits into a core's cache. */
const TILE = 2 ** 9;

/** Stacked queries as the last dimension: from [count, length] to [length, count]. */
function lastOf(stacked: Float32Array, count: number): Float32Array {
  if (count === 1) return unshared(stacked);
  const length = stacked.length / count;
  const data = new Float32Array(stacked.length);
  for (let tile = 0; tile < length; tile += TILE) {
    const end = Math.min(tile + TILE, length);
    for (let query = 0; query < count; query++) {
      for (let i = tile, from = query * length + tile; i < end; i++, from++) data[i * count + query] = stacked[from]!;
    }
  }
  return data;
}

/** The same numbers in memory of this thread: ONNX Runtime takes none that threads share. */
function unshared(values: Float32Array): Float32Array {
  return values.buffer instanceof ArrayBuffer ? values : values.slice();
}
