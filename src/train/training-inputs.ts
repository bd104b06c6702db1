/** What is fed to the graphs of training and evaluation, and how a batch is gathered from it. */
import { valueInfo, type Dim, type GraphBuilder } from '../graph/builder.js';
import type { Values } from '../graph/values.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { float32, type ElementType } from '../tensor.js';

/** How examples are stored, and what makes them the model's input. */
export interface StoredExamples {
  readonly storedType: ElementType;
  /** x·scale + offset for each channel, applied to stored examples; undefined leaves them as they are. */
  readonly normalization?: { readonly scale: ArrayLike<number>; readonly offset: ArrayLike<number> } | undefined;
}

/** Names of the inputs and outputs that every training graph has, unlike any that a model is likely to use. */
export const TRAINING_INPUTS = {
  /** [examples, …]: stored examples. */
  pool: 'training/pool',
  /** int64 [examples]: their classes. */
  labels: 'training/labels',
  /** float32 [examples]: what the loss of each is multiplied by. */
  weights: 'training/weights',
  /** int64 [steps, rows]: which examples make up each batch, ghosts last; short batches are padded. */
  indices: 'training/indices',
  /** int64 [steps]: examples in each batch, ghosts not counted. */
  counts: 'training/counts',
  /** float32 [steps]. */
  learningRates: 'training/learning_rates',
  /** int32 [steps]: seeds of dropout. */
  seeds: 'training/seeds',
  /** int64 []: number of steps to run. */
  steps: 'training/steps',
  /** int64 []: number of steps that were run before. */
  stepsBefore: 'training/steps_before',
  /** Output, float32 [steps]. */
  losses: 'training/losses',
  /** Output, float32 []: the sum of all weights after the last step, which is finite if they are. */
  sum: 'training/sum',
} as const;

/** Declares the inputs of a training graph. @param inputDims of the model's input */
export function declareInputs(outer: GraphBuilder, inputDims: readonly Dim[], options: StoredExamples): void {
  const T = TRAINING_INPUTS;
  outer.input(T.steps, 'int64', []);
  outer.input(T.stepsBefore, 'int64', []);
  outer.input(T.pool, options.storedType, ['examples', ...inputDims.slice(1)]);
  outer.input(T.labels, 'int64', ['examples']);
  outer.input(T.weights, 'float32', ['examples']);
  outer.input(T.indices, 'int64', ['steps', 'rows']);
  outer.input(T.counts, 'int64', ['steps']);
  outer.input(T.learningRates, 'float32', ['steps']);
  outer.input(T.seeds, 'int32', ['steps']);
}

/**
 * Gathers stored examples, and defines the model's input from them.
 * @param chosen int64 [rows]
 */
export function emitBatch(
  g: GraphBuilder,
  chosen: string,
  input: string,
  values: Values,
  { storedType, normalization }: StoredExamples,
): void {
  const { type, dims } = values.of(input);
  let batch = g.op('Gather', [TRAINING_INPUTS.pool, chosen], { axis: 0 });
  if (storedType !== type) batch = g.op('Cast', [batch], { to: elementTypeCode(type) });
  if (normalization) {
    const perChannel = (numbers: ArrayLike<number>) =>
      g.constant(float32(numbers, numbers.length === 1 ? [] : [numbers.length, ...dims.slice(2).map(() => 1)]));
    batch = g.op('Mul', [batch, perChannel(normalization.scale)]);
    batch = g.op('Add', [batch, perChannel(normalization.offset)]);
  }
  g.rename(batch, input);
  g.graph.valueInfo.push(valueInfo(input, type, dims));
}
