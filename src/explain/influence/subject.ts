/** What influence is computed of: a replayed run, and the decisions in question. */
import type { Classifier } from '../../classifier/classifier.js';
import { InputError } from '../../errors.js';
import type { DifferentiatedStep, PerTensor } from '../../replay/differentiated-step.js';
import type { Replay } from '../../replay/replay.js';
import { giveBack } from '../../runtime/give-back.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount, float32, type Tensor } from '../../tensor.js';
import type { CarriedTensors } from '../../train/carried-state.js';
import type { Measured, Outcome } from './outcome.js';

/** A number that is measured of the trained model: one decision's, or a mean over many. */
export interface Query {
  /** The examples that it is taken over, in parts that fit one call. */
  batches(): AsyncIterable<Measured> | Iterable<Measured>;
  /** What the sum over them is multiplied by. */
  readonly scale: number;
}

/** A run and what is asked about it. */
export interface RunSubject {
  readonly replay: Replay;
  readonly classifier: Classifier;
  readonly runtime: Runtime;
  readonly outcome: Outcome;
  readonly queries: readonly Query[];
  /** Bytes that the queries' cotangents may take. */
  readonly memory: number;
  /** Is told of work done, in training steps that take as long. */
  readonly onWork?: ((steps: number) => void) | undefined;
}

/** Effects of every training example on every query, [queries, examples], row-major. */
export interface EffectMatrix {
  readonly queries: number;
  readonly examples: number;
  readonly values: Float64Array;
}

/** No effects yet. */
export function noEffects(queries: number, examples: number): EffectMatrix {
  return { queries, examples, values: new Float64Array(queries * examples) };
}

/** Adds effects to others of the same queries. */
export function addMatrix({ values }: EffectMatrix, terms: EffectMatrix): void {
  for (let i = 0; i < values.length; i++) values[i]! += terms.values[i]!;
}

/** The measure of a query at some weights, and its gradient to each carried tensor (undefined where there is none). */
export async function measureAt(
  outcome: Outcome,
  state: CarriedTensors,
  query: Query,
): Promise<{ readonly value: number; readonly gradients: readonly (Float32Array | undefined)[] }> {
  let value = 0;
  let sums: (Float32Array | undefined)[] | undefined;
  for await (const examples of query.batches()) {
    const found = await outcome.at(state, examples);
    value += found.value;
    sums ??= found.gradients.map((gradient) => gradient && new Float32Array(gradient.length));
    sums.forEach((sum, i) => sum && addTo(sum, found.gradients[i]!));
    giveBack(found.gradients);
  }
  for (const sum of sums ?? []) sum?.forEach((element, i) => (sum[i] = element * query.scale));
  return { value: value * query.scale, gradients: sums ?? [] };
}

function addTo(sum: Float32Array, terms: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += terms[i]!;
}

/** Gradients of several queries, one after another, as cotangents of a state. */
export function stack(
  replay: Pick<Replay, 'carried'>,
  gradients: readonly (readonly (Float32Array | undefined)[])[],
): PerTensor {
  return replay.carried.map((_, place) => stackAt(replay, gradients, place));
}

/** The same for one carried tensor; undefined where none of the gradients has it. */
export function stackAt(
  { carried }: Pick<Replay, 'carried'>,
  gradients: readonly (readonly (Float32Array | undefined)[])[],
  place: number,
): Tensor | undefined {
  if (gradients.every((ofQuery) => ofQuery[place] === undefined)) return undefined;
  const { dims } = carried[place]!;
  const size = elementCount(dims);
  const data = new Float32Array(gradients.length * size);
  gradients.forEach((ofQuery, q) => ofQuery[place] && data.set(ofQuery[place], q * size));
  return float32(data, [gradients.length, ...dims]);
}

/** How many queries are pulled back at once: their cotangents before and after a step are held together. */
export function queriesAtOnce({ replay, memory }: Pick<RunSubject, 'replay' | 'memory'>): number {
  const bytes = 4 * replay.carried.reduce((sum, { dims }) => sum + elementCount(dims), 0);
  return Math.max(1, Math.floor(memory / (2 * bytes)));
}

/**
 * Adds what a step's rows have to do with queries to the effects.
 * @param rows gradients to the weights of the step's examples, [queries, examples of the step]
 * @param weights what these are to be multiplied by, of every example; 1 by default
 * @param first place of the first of these queries
 * @throws InputError where one is no number
 */
export function addRows(
  { values, examples: count }: EffectMatrix,
  rows: Float32Array | Float64Array,
  { step, examples }: { readonly step: number; readonly examples: Int32Array },
  { weights, first }: { readonly weights?: Float32Array; readonly first: number },
): void {
  for (let at = 0; at < rows.length; at++) {
    const example = examples[at % examples.length]!;
    const effect = rows[at]! * (weights ? weights[example]! : 1);
    if (!Number.isFinite(effect)) throw notFinite(step);
    values[(first + Math.floor(at / examples.length)) * count + example]! += effect;
  }
}

function notFinite(step: number): InputError {
  return new InputError(
    `on the way back, a derivative is no longer a number at step ${step}: the training is too sensitive there; train with a lower \`learningRate\` or with \`clipNorm\``,
  );
}

/** Derivatives that are opened for some work and released after it. */
export async function withStep<T>(
  opened: Promise<DifferentiatedStep>,
  work: (step: DifferentiatedStep) => Promise<T>,
): Promise<T> {
  const step = await opened;
  try {
    return await work(step);
  } finally {
    await step.release();
  }
}
