/**
 * One pass over the log of one layer: why the layer's output is what it is, for all queries at once ([Pfahler & Morik
 * 2021]). Nothing here grows with the number of steps, but for the series that a user may ask for.
 */
import { InputError } from '../../errors.js';
import type { TraceableLayer } from '../../graph/layers.js';
import type { DeltaLog } from '../../log/read/reader.js';
import type { TraceLayer } from '../../results/trace.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Tensor } from '../../tensor.js';
import { byClass, createAggregate, type Aggregate, type AggregateOptions } from './aggregate.js';
import type { LayerExampleGammas } from './example-gammas.js';
import type { LayerPlan } from './layer-plan.js';
import type { LocalLog } from './measure/here.js';
import type { MeasuredQueries, Measuring } from './measure/measured-steps.js';
import { createClassSums, logitParts, type ClassSums } from './logits.js';
import { openProjection, type Projection } from './projection.js';
import type { Measured, StepProjections } from './projector.js';
import { changeOf, flatWeights, type LayerView, type LayerWeights } from './layer-weights.js';
import { queryFactors, type QueryFactors, type Reference } from './query-factors.js';
import { openReferences, overlapOf, type LayerReferences, type ReferenceSums } from './references.js';
import { scoreOf, type StepScore } from './step-score.js';
import type { StepUse } from './step-use.js';
import type { StepReader } from './step-uses.js';

/** What a trace needs of a log. */
export type LayerLog = Pick<DeltaLog, 'layers' | 'steps'> & LocalLog;

/** A layer, its weights before and after, and where the log holds its updates. */
export interface LayerTask {
  readonly runtime: Runtime;
  /** Begins to go through the steps. */
  readonly steps: () => StepReader;
  readonly plan: LayerPlan;
  /** Has the layer's steps projected for some queries; what its codec owes for the first of them. */
  readonly measure: (queries: readonly MeasuredQueries[]) => Measuring;
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
  /** Whether the layer's outputs are the class scores, one each. */
  readonly givesLogits: boolean;
  readonly aggregate: Omit<AggregateOptions, 'lastStep' | 'plotted' | 'square'>;
  /** Reference inputs: their mean is what is contrasted with, and their lists tell whether lists say anything. */
  readonly references?: LayerReferences | undefined;
  /** Whether what the references give on average is taken away before anything is ranked. */
  readonly contrast: boolean;
  /** γ of every example, where it was split exactly. */
  readonly exact?: LayerExampleGammas | undefined;
}

/** One query at the layer. */
export interface LayerQuery {
  /** The layer's input f, with a batch of one. */
  readonly input: Tensor;
  /** Classes that get a ridge plot. */
  readonly plotted: readonly number[];
  /** Those that may be its decision, the true one among them. */
  readonly decision: readonly number[];
}

/** Queries that share a pass over the log. */
export interface PassQueries {
  /** Place of the first among all. */
  readonly first: number;
  readonly queries: readonly LayerQuery[];
}

/** A pass over a layer's updates, begun. */
export interface LayerPass {
  /** Reads the updates to their end. @returns an entry for each query */
  finish(): Promise<TraceLayer[]>;
  /** Lets go of whatever the pass holds. */
  close(): Promise<void>;
}

/** Begins a pass: what queries need is computed, and the steps may be measured from here on. */
export async function beginPass(task: LayerTask, { first, queries }: PassQueries): Promise<LayerPass> {
  const { runtime, weights, exact } = task;
  const { matrix, strategy, chunkSteps } = task.plan;
  const inputs = queries.map(({ input }) => input);
  const factors = await queryFactors(runtime, matrix, strategy, weights, task.reference, inputs);
  const references =
    task.references &&
    (await openReferences(runtime, matrix, weights, task.references, {
      ...task.aggregate,
      reference: task.reference,
      chunkSteps,
      steps: task.lastStep,
      factored: task.plan.factored,
      keepLists: first === 0 && !exact,
    }));
  // Where an output is a class score, what a step did to it is worth knowing by itself.
  const own = { strategy, chunkSteps, ...factors, keepsOutputs: task.givesLogits };
  const measuring = task.measure(references ? [own, references.queries] : [own]);
  const projection = openProjection(runtime, matrix, strategy, factors, chunkSteps);
  const aggregates = queries.map(({ plotted }, query) =>
    createAggregate({
      ...task.aggregate,
      lastStep: task.lastStep,
      plotted,
      square: factors.norms[query]!.reference ** 2,
    }),
  );
  const classSums = task.givesLogits
    ? createClassSums({
        units: matrix.groups * matrix.units,
        classes: task.aggregate.classes,
        likely: queries.map(({ decision }) => decision),
        blocks: projection.blocks,
        exact: exact?.units && unitsByClass(task, exact.units.slice(first, first + queries.length)),
      })
    : undefined;
  return {
    finish: () => finishPass(task, first, { measuring, projection, factors, aggregates, references, classSums }),
    close: async () => {
      await measuring.close();
      await projection.release();
    },
  };
}

async function finishPass(task: LayerTask, first: number, begun: StepReaders): Promise<TraceLayer[]> {
  const { weights, contrast, exact } = task;
  const { projection, factors, aggregates, references } = begun;
  const { timesUsed, travelled, lost } = await addSteps(task, begun);
  const missing = await projection.missing(() => changeOf(weights));
  const starts = factors.views.map((view) => startOf(view, task.reference));
  factors.norms.forEach(({ output }, query) => {
    const rounding = ROUNDING * (travelled[query]! + output + starts[query]!.norm);
    checkClosed(task.layer.name, missing[query]!, lost[query]!, rounding);
  });
  const { classSums } = begun;
  const logits = classSums && logitParts({ ...lastLayer(task, factors, projection), byClass: classSums });
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
      codecError: relative(lost[query]!, norms.output),
      biasShare: norms.biasShare,
      initial: task.reference === 'full' ? starts[query] : undefined,
      ...aggregate.finish({ timesUsed, mean, gammas: exact?.queries[first + query] }),
      ...overlap,
      logits: logits?.[query],
    };
  });
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

/** What the examples of each class did to single outputs. */
function unitsByClass({ aggregate: { labels, classes } }: LayerTask, units: NonNullable<LayerExampleGammas['units']>) {
  return units.map((own) => new Map([...own].map(([unit, values]) => [unit, byClass(values, labels, classes)])));
}

/** The mean over the references where γ was split exactly. */
function exactMean({ aggregate: { labels, classes } }: LayerTask, { mean }: LayerExampleGammas) {
  return mean && { ranks: mean, classes: byClass(mean, labels, classes), mixed: 0 };
}

function exactOverlap({ contrast, references }: LayerTask, { mean, references: each = [] }: LayerExampleGammas) {
  return overlapOf(each, references?.classes.slice(0, each.length) ?? [], contrast ? mean : undefined);
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

/** A pass's steps, and whom they are handed to. */
interface StepReaders {
  readonly measuring: Measuring;
  readonly projection: Projection;
  readonly factors: QueryFactors;
  readonly aggregates: readonly Aggregate[];
  readonly references: ReferenceSums | undefined;
  /** Of the layer whose outputs are the class scores. */
  readonly classSums: ClassSums | undefined;
}

/** What is found while the log is read once. */
interface StepsFound {
  /** For each training example, how many steps used it. */
  readonly timesUsed: Uint32Array;
  /** For each query, Σ ‖Δ f‖, */
  readonly travelled: Float64Array;
  /** and ‖E f‖ of what the codec owes. */
  readonly lost: Float64Array;
}

async function addSteps(task: LayerTask, readers: StepReaders): Promise<StepsFound> {
  const { measuring, projection, factors } = readers;
  const { timesUsed, travelled, add } = stepAdder(task, readers);
  let lost: Float64Array = new Float64Array(factors.norms.length);
  const steps = task.steps();
  try {
    for await (const { count, isOwed, queries } of measuring.steps) {
      const [own, others] = queries;
      if (isOwed) {
        lost = own!.norm;
        continue;
      }
      projection.add(own!.sums);
      add(await steps.take(count), own!, others);
    }
  } finally {
    await steps.close();
  }
  return { timesUsed, travelled, lost };
}

/** Adds steps to whatever is added up: apart from the loop that waits for them, which V8 would compile again for each layer. */
function stepAdder({ aggregate: { labels }, contrast }: LayerTask, readers: StepReaders) {
  const { factors, aggregates, references, classSums } = readers;
  const { norms } = factors;
  const timesUsed = new Uint32Array(labels.length);
  const travelled = new Float64Array(norms.length);

  function addOne(use: StepUse, own: Measured, others: StepProjections | undefined, step: number): void {
    for (const index of use.examples) timesUsed[index]!++;
    classSums?.add(use, own.outputs!, step);
    const meanRank = references?.add(use, others!, step);
    for (let query = 0; query < norms.length; query++) {
      const score = scoreOf(own, step * norms.length + query, norms[query]!.reference);
      travelled[query]! += score.norm;
      aggregates[query]!.add(use, score, contrast ? meanRank : undefined);
    }
  }

  return {
    timesUsed,
    travelled,
    add: (uses: readonly StepUse[], own: Measured, others: StepProjections | undefined) =>
      uses.forEach((use, step) => addOne(use, own, others, step)),
  };
}

/** A part of a whole; of an empty whole, the part itself. */
function relative(part: number, whole: number): number {
  return whole > 0 ? part / whole : part;
}
