/**
 * One pass over the log of one layer: why the layer's output is what it is, for all queries at once ([Pfahler & Morik
 * 2021]). Nothing here grows with the number of steps, but for the series that a user may ask for.
 */
import { InputError } from '../../errors.js';
import type { TraceableLayer } from '../../graph/layers.js';
import type { DeltaLog } from '../../log/read/reader.js';
import type { ReadPool } from '../../log/read/read-pool.js';
import type { StoredSteps } from '../../log/read/stored-chunk.js';
import type { TraceLayer } from '../../results/trace.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor } from '../../tensor.js';
import { byClass, createAggregate, type Aggregate, type AggregateOptions } from './aggregate.js';
import type { LayerExampleGammas } from './example-gammas.js';
import { layerMatrix, type LayerMatrix } from './layer-matrix.js';
import { logitParts } from './logits.js';
import { openProjection, type Projection } from './projection.js';
import { changeOf, flatWeights, type LayerView, type LayerWeights } from './layer-weights.js';
import { factorBytes, queryFactors, type QueryFactors, type Reference } from './query-factors.js';
import { openReferences, overlapOf, type LayerReferences, type ReferenceSums } from './references.js';
import { scoreOf, type StepScore } from './step-score.js';
import { stepUse } from './step-use.js';
import { strategyFor } from './strategies/registry.js';
import type { Strategy } from './strategies/strategy.js';

/** What a pass needs of a log. */
export type LayerLog = Pick<DeltaLog, 'steps' | 'stored' | 'residual'>;

/** A layer, its weights before and after, and where the log holds its updates. */
export interface LayerTask {
  readonly runtime: Runtime;
  readonly log: LayerLog;
  /** The layer by whose name the log holds the updates: the first of those that share them. */
  readonly logName: string;
  /** Last step that counts: the one that led to the trained weights. */
  readonly lastStep: number;
  readonly layer: TraceableLayer;
  /** Whether the log holds the bias too; one that is not trained is left out of everything. */
  readonly hasBias: boolean;
  /** Weight, and bias where the log holds it. */
  readonly weights: LayerWeights;
  /** The bias when it is not trained. */
  readonly fixedBias?: Float32Array | undefined;
  readonly reference: Reference;
  /** Whether the layer's outputs are the class scores. */
  readonly givesScores: boolean;
  readonly aggregate: Omit<AggregateOptions, 'plotted' | 'square'>;
  /** Reference inputs: their mean is what is contrasted with, and their lists tell whether lists say anything. */
  readonly references?: LayerReferences | undefined;
  /** Whether what the references give on average is taken away before anything is ranked. */
  readonly contrast: boolean;
  /** γ of every example, where it was split exactly. */
  readonly exact?: LayerExampleGammas | undefined;
  /** Most steps that are read at once; as many as a few megabytes hold by default. */
  readonly chunkSteps?: number | undefined;
  /** Threads that read ahead; without them each chunk is read when it is its turn. */
  readonly pool?: ReadPool | undefined;
  /** Bytes for what is kept of the queries; those that exceed it wait for another pass over the log. */
  readonly queryBytes?: number | undefined;
  /** Told how much of the layer is done, from 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** One query at the layer. */
export interface LayerQuery {
  /** The layer's input f, with a batch of one. */
  readonly input: Tensor;
  /** Classes that get a ridge plot. */
  readonly plotted: readonly number[];
}

/** Most steps at once, so that short logs take as much memory as long ones, */
const CHUNK_STEPS = 128;
/** and fewer where a query would take more than this while they are projected: what fits into a core's cache is faster. */
const CHUNK_WORKING_BYTES = 2 ** 22;
/** Of each position and outer product, of which there are eight or so: what both sides make of it, and their products. */
const FACTOR_BYTES = 8 * 16;
/** Queries whose factors and sums stay below this share a pass over the log. */
const QUERY_BYTES = 2 ** 29;

/**
 * Reads the updates of a layer once, or once for as many queries as fit into memory, and sums up what they did to each.
 * @param outputSize elements of the layer's output for one query
 */
export async function traceLayer(
  task: LayerTask,
  queries: readonly LayerQuery[],
  outputSize: number,
): Promise<TraceLayer[]> {
  const matrix = layerMatrix(task.layer, queries[0]!.input.dims, outputSize, task.hasBias);
  const strategy = strategyFor(matrix);
  const { labels, similarity } = task.aggregate;
  const bytes = factorBytes(matrix, strategy) + labels.length * (similarity === 'dot' ? 8 : 16);
  const together = Math.max(1, Math.floor((task.queryBytes ?? QUERY_BYTES) / bytes));
  const passes = Math.ceil(queries.length / together);
  const results: TraceLayer[] = [];
  for (let i = 0; i < passes; i++) {
    const onProgress = (share: number) => task.onProgress?.((i + share) / passes);
    const members = { first: i * together, queries: queries.slice(i * together, (i + 1) * together) };
    results.push(...(await pass({ ...task, onProgress }, matrix, strategy, members)));
  }
  // The references' lists are the same in each pass, and kept in the first.
  const { listOverlap, evidence } = results[0]!;
  return results.map((result) => ({ ...result, listOverlap, evidence }));
}

/** Queries that share a pass over the log. */
interface PassQueries {
  /** Place of the first among all. */
  readonly first: number;
  readonly queries: readonly LayerQuery[];
}

async function pass(
  task: LayerTask,
  matrix: LayerMatrix,
  strategy: Strategy,
  { first, queries }: PassQueries,
): Promise<TraceLayer[]> {
  const { runtime, weights, contrast, exact } = task;
  const inputs = queries.map(({ input }) => input);
  const factors = await queryFactors(runtime, matrix, strategy, weights, task.reference, inputs);
  const chunkSteps = task.chunkSteps ?? chunkStepsFor(matrix, strategy);
  const projection = openProjection(runtime, matrix, strategy, factors, chunkSteps);
  const references =
    task.references &&
    (await openReferences(runtime, matrix, weights, task.references, {
      ...task.aggregate,
      reference: task.reference,
      chunkSteps,
      keepLists: first === 0 && !exact,
    }));
  try {
    const aggregates = queries.map(({ plotted }, query) =>
      createAggregate({ ...task.aggregate, plotted, square: factors.norms[query]!.reference ** 2 }),
    );
    const seen = { projection, factors, aggregates, references };
    const { timesUsed, travelled } = await addSteps(task, seen, {
      chunkSteps,
      factorSteps: task.chunkSteps ?? factorStepsFor(matrix),
    });
    const missing = await projection.missing(() => changeOf(weights));
    const lost = await projection.project(dense(await task.log.residual(task.logName, task.lastStep)));
    const starts = factors.views.map((view) => startOf(view, task.reference));
    factors.norms.forEach(({ output }, query) => {
      const rounding = ROUNDING * (travelled[query]! + output + starts[query]!.norm);
      checkClosed(task.layer.name, missing[query]!, lost.norm[query]!, rounding);
    });
    const givesLogits = task.givesScores && matrix.positions === 1;
    const logits = givesLogits ? logitParts(lastLayer(task, factors, projection)) : undefined;
    const mean = contrast ? (exact ? exactMean(task, exact) : references?.mean) : undefined;
    const overlap = exact ? exactOverlap(task, exact) : (references?.overlap(contrast) ?? {});
    return aggregates.map((aggregate, query) => {
      const norms = factors.norms[query]!;
      return {
        layer: task.layer.name,
        weight: task.layer.weight,
        reference: task.reference,
        norm: norms.reference,
        completenessError: relative(missing[query]!, norms.output),
        codecError: relative(lost.norm[query]!, norms.output),
        biasShare: norms.biasShare,
        initial: task.reference === 'full' ? starts[query] : undefined,
        ...aggregate.finish({ timesUsed, mean, gammas: exact?.queries[first + query] }),
        ...overlap,
        logits: logits?.[query],
      };
    });
  } finally {
    await projection.release();
    await references?.release();
  }
}

/** What the weights before training make of a query, as one more step before the first. */
function startOf({ trained, initial, change }: LayerView, reference: Reference): StepScore {
  const r = reference === 'full' ? trained : change;
  let [gamma, squares, length] = [0, 0, 0];
  for (let i = 0; i < r.length; i++) {
    gamma += r[i]! * initial[i]!;
    squares += initial[i]! ** 2;
    length += r[i]! ** 2;
  }
  const norm = Math.sqrt(squares);
  const lengths = norm * Math.sqrt(length);
  return { gamma, cosine: lengths > 0 ? gamma / lengths : 0, norm };
}

function lastLayer({ weights, hasBias, fixedBias }: LayerTask, { views }: QueryFactors, projection: Projection) {
  const biasOf = (tensors: readonly Uint8Array[]) => flatWeights(tensors.slice(1));
  return {
    views,
    steps: projection.outputs(),
    biases: hasBias ? { initial: biasOf(weights.initial), trained: biasOf(weights.trained) } : undefined,
    fixedBias,
  };
}

/** The mean over the references where γ was split exactly. */
function exactMean({ aggregate: { labels, classes } }: LayerTask, { mean }: LayerExampleGammas) {
  return mean && { ranks: mean, classes: byClass(mean, labels, classes), mixed: 0 };
}

function exactOverlap({ contrast, references }: LayerTask, { mean, references: each = [] }: LayerExampleGammas) {
  return overlapOf(each, references?.classes.slice(0, each.length) ?? [], contrast ? mean : undefined);
}

/** Steps of outer products: what is made of each is as wide as there are positions, and not as there are outputs. */
function factorStepsFor({ positions }: LayerMatrix): number {
  return Math.max(1, Math.min(CHUNK_STEPS, Math.floor(CHUNK_WORKING_BYTES / (FACTOR_BYTES * positions))));
}

function chunkStepsFor(matrix: LayerMatrix, strategy: Strategy): number {
  return Math.max(1, Math.min(CHUNK_STEPS, Math.floor(CHUNK_WORKING_BYTES / strategy.workingBytes(matrix, 1))));
}

/**
 * What float32 may lose of a sum of steps, relative to how far they go in all: products of thousands of terms are off
 * by at most some 2⁻¹⁸ of their size, and their sizes may cancel.
 */
const ROUNDING = 2 ** -14;

/**
 * The logged steps must be all that training did to a layer, as far as the query can see it.
 * @param missing ‖(W − W⁽⁰⁾ − Σ Δ) f‖
 * @param lost what the codec reports to have dropped of it
 * @throws InputError when they are not
 */
function checkClosed(layer: string, missing: number, lost: number, rounding: number): void {
  // What is no number passes no check.
  if (missing <= 1.001 * lost + rounding) return;
  throw new InputError({
    place: `layer "${layer}"`,
    problem:
      `its logged updates do not add up to what training did to it (${missing.toPrecision(3)} is missing, ` +
      `the codec reports ${lost.toPrecision(3)}), so they prove nothing`,
    mend: 'restore the run from a copy, or train it again',
  });
}

/** Whom the steps are handed to. */
interface StepReaders {
  readonly projection: Projection;
  readonly factors: QueryFactors;
  readonly aggregates: readonly Aggregate[];
  readonly references: ReferenceSums | undefined;
}

/** Reads the log once. @returns for each training example, how many steps used it; for each query, Σ ‖Δ f‖ */
async function addSteps(
  { log, logName, lastStep, pool, aggregate: { labels, weights }, contrast, onProgress }: LayerTask,
  { projection, factors: { norms }, aggregates, references }: StepReaders,
  { chunkSteps, factorSteps }: { readonly chunkSteps: number; readonly factorSteps: number },
): Promise<{ timesUsed: Uint32Array; travelled: Float64Array }> {
  const timesUsed = new Uint32Array(labels.length);
  const travelled = new Float64Array(norms.length);
  const records = log.steps({ lastStep })[Symbol.asyncIterator]();
  try {
    for await (const chunk of log.stored(logName, { lastStep, chunkSteps, factorSteps, pool })) {
      const { firstStep, count } = chunk;
      const projections = await projection.addSteps(chunk, count);
      await references?.project(chunk, count);
      for (let step = 0; step < count; step++) {
        const next = await records.next();
        if (next.done) throw new Error('internal: the log has fewer step records than deltas');
        const use = stepUse(next.value, labels, weights);
        for (const index of use.examples) timesUsed[index]!++;
        const meanRank = references?.add(use, step);
        aggregates.forEach((aggregate, query) => {
          const score = scoreOf(projections, step * norms.length + query, norms[query]!.reference);
          travelled[query]! += score.norm;
          aggregate.add(use, score, contrast ? meanRank : undefined);
        });
      }
      onProgress?.((firstStep + count - 1) / lastStep);
    }
  } finally {
    await records.return?.();
  }
  return { timesUsed, travelled };
}

/** A single step that no log holds. */
function dense(data: Float32Array): StoredSteps {
  return { form: 'dense', data };
}

/** A part of a whole; of an empty whole, the part itself. */
function relative(part: number, whole: number): number {
  return whole > 0 ? part / whole : part;
}
