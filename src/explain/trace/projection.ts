/**
 * γ and ‖Δ f‖ of many steps for many queries at one layer, and the sum of the steps.
 *
 * Anything that has the shape of a delta can be projected: W⁽⁰⁾ is one more step before the first, and what a codec dropped
 * is a step that was never logged.
 */
import { GraphBuilder } from '../../graph/builder.js';
import { encodeModel } from '../../onnx/codec.js';
import type { StoredSteps } from '../../log/read/stored-chunk.js';
import type { Runtime, Session } from '../../runtime/runtime.js';
import { elementCount, float32, type Tensor } from '../../tensor.js';
import type { DeltaForm } from './forms/form.js';
import { formOf } from './forms/registry.js';
import type { LayerMatrix } from './layer-matrix.js';
import type { LayerView } from './layer-weights.js';
import type { QueryFactors } from './query-factors.js';
import type { Strategy } from './strategies/strategy.js';

/** Numbers for each step and query: `[step · queries + query]`. */
export interface StepProjections {
  /** ⟨r, Δ f⟩ (Eq. 6). */
  readonly gamma: Float64Array;
  /** ‖Δ f‖; NaN where the strategy computes γ alone. */
  readonly norm: Float64Array;
}

/** Projects steps of one layer for a fixed set of queries. */
export interface Projection {
  /**
   * Projects steps and adds them to the sum.
   * @param deltas of `steps` steps
   */
  addSteps(deltas: StoredSteps, steps: number): Promise<StepProjections>;
  /** Projects something that is not part of the sum. @param deltas of `steps` steps, a single one by default */
  project(deltas: StoredSteps, steps?: number): Promise<StepProjections>;
  /**
   * ‖V f − Σ Δ f‖ for each query: what the steps so far lack of V, how far training moved the layer.
   * @param change V, asked for where Δ were added up, and not Δ f
   * @param seen V f for each query, as the queries' factors have it by default
   */
  missing(change: () => Float32Array, seen?: readonly Pick<LayerView, 'change'>[]): Promise<Float64Array>;
  /** Σ Δ f of the steps so far, for each query: one number per output. Only with a strategy that adds up Δ f. */
  outputs(): Float64Array[];
  release(): Promise<void>;
}

/** What queries that are projected together may need besides their factors. */
const WORKING_BYTES = 2 ** 26;

/**
 * Prepares the graphs that compute γ and ‖Δ f‖ of many steps and queries at once.
 * @param chunkSteps most steps that `addSteps` is given at once
 * @param workingBytes queries are projected together as long as they need no more than this besides their factors
 */
export function openProjection(
  runtime: Runtime,
  matrix: LayerMatrix,
  strategy: Strategy,
  { norms, views, stacked }: QueryFactors,
  chunkSteps: number,
  workingBytes = WORKING_BYTES,
): Projection {
  const graphs = new Map<string, Promise<ProjectionGraph>>();
  const graphOf = (form: DeltaForm) => {
    let graph = graphs.get(form.key);
    if (!graph) graphs.set(form.key, (graph = openGraph(runtime, matrix, strategy, form)));
    return graph;
  };
  const queries = norms.length;
  const together = Math.max(1, Math.floor(workingBytes / strategy.workingBytes(matrix, chunkSteps)));
  const blocks = Array.from({ length: Math.ceil(queries / together) }, (_, i) =>
    blockOf(matrix, strategy, stacked, i * together, Math.min((i + 1) * together, queries)),
  );

  async function projectAll(deltas: StoredSteps, steps: number, addUp: boolean): Promise<StepProjections> {
    const gamma = new Float64Array(steps * queries);
    const norm = new Float64Array(steps * queries);
    const form = formOf(matrix, deltas, steps);
    const { session, names } = await graphOf(form);
    const feeds = form.feeds(STEPS);
    for (const block of blocks) {
      // Σ Δ is the same for all queries, Σ Δ f each has its own.
      const addsUp = addUp && (block.first === 0 || !strategy.sumsDeltas);
      const fetches = addsUp ? names : names.filter((name) => name !== 'sum');
      const outputs = await session.run({ ...block.feeds, ...feeds }, fetches);
      if (addsUp) addTo(block, outputs.sum!.data as Float64Array);
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
    return { gamma, norm };
  }

  function outputs(): Float64Array[] {
    if (strategy.sumsDeltas) throw new Error(`internal: ${strategy.name} does not add up outputs`);
    const count = matrix.groups * matrix.units * matrix.positions;
    return blocks.flatMap(({ first, end, sum }) =>
      Array.from({ length: end - first }, (_, i) =>
        Float64Array.from({ length: count }, (__, output) => sum?.[output * (end - first) + i] ?? 0),
      ),
    );
  }

  return {
    addSteps: (deltas, steps) => projectAll(deltas, steps, true),
    project: (deltas, steps = 1) => projectAll(deltas, steps, false),
    outputs,
    missing: async (change, seen = views) => {
      if (strategy.sumsDeltas) {
        const data = change();
        const sum = blocks[0]?.sum;
        if (sum) for (let i = 0; i < data.length; i++) data[i]! -= sum[i]!;
        return (await projectAll({ form: 'dense', data }, 1, false)).norm;
      }
      return Float64Array.from(outputs(), (found, query) => {
        const wanted = seen[query]!.change;
        return Math.sqrt(found.reduce((squares, value, i) => squares + (wanted[i]! - value) ** 2, 0));
      });
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
  matrix: LayerMatrix,
  strategy: Strategy,
  form: DeltaForm,
): Promise<ProjectionGraph> {
  const g = new GraphBuilder({ name: 'projection' });
  const deltas = form.declare(g, matrix, STEPS);
  const factors = strategy
    .factors(matrix)
    .map(({ name, dims, queriesLast }) =>
      g.input(name, 'float32', queriesLast ? [...dims, 'queries'] : ['queries', ...dims]),
    );
  const { gamma, squares, sum } = strategy.emitProjection(g, matrix, deltas, factors);
  g.output(g.rename(gamma, 'gamma'), 'float32', ['steps', 'queries']);
  if (squares !== undefined) g.output(g.rename(squares, 'squares'), 'float32', ['steps', 'queries']);
  if (sum !== undefined) g.output(g.rename(sum, 'sum'), 'float64');
  const session = await runtime.createSession(encodeModel(g.model()));
  return { session, names: g.graph.output.map(({ name }) => name) };
}

/** Queries that are projected together. */
interface Block {
  readonly first: number;
  readonly end: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
  sum: Float64Array | undefined;
}

function blockOf(
  matrix: LayerMatrix,
  strategy: Strategy,
  stacked: Readonly<Record<string, Float32Array>>,
  first: number,
  end: number,
): Block {
  const feeds = strategy.factors(matrix).map(({ name, dims, queriesLast }) => {
    const length = elementCount(dims);
    if (queriesLast) return [name, lastOf(stacked[name]!, first, end, dims)] as const;
    return [name, float32(stacked[name]!.subarray(first * length, end * length), [end - first, ...dims])] as const;
  });
  return { first, end, feeds: Object.fromEntries(feeds), sum: undefined };
}

/** Some queries of stacked ones, as the last dimension. */
function lastOf(stacked: Float32Array, first: number, end: number, dims: readonly number[]): Tensor {
  const [length, count] = [elementCount(dims), end - first];
  if (count === 1) return float32(stacked.subarray(first * length, end * length), [...dims, 1]);
  const data = new Float32Array(length * count);
  for (let query = 0, from = first * length; query < count; query++) {
    for (let i = 0; i < length; i++, from++) data[i * count + query] = stacked[from]!;
  }
  return float32(data, [...dims, count]);
}

function addTo(block: Block, part: Float64Array): void {
  const { sum } = block;
  if (sum) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  else block.sum = part;
}
