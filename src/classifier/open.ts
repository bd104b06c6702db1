/** Opening a model for examples. */
import { normalizationFor } from '../data/model-normalization.js';
import type { Normalization } from '../data/normalization.js';
import type { Preprocessing } from '../data/preprocessing.js';
import type { ExampleForm } from '../data/example-shape.js';
import { InputError, inPlace } from '../errors.js';
import { blamingPasses } from '../graph/passes/blame.js';
import { foldConstants } from '../graph/passes/fold-constants.js';
import type { ExampleDims } from '../graph/example-dims.js';
import { prepareModel } from '../graph/prepare.js';
import { withModelEffort } from '../graph/budget.js';
import { fixedBatch, rowsOf } from '../graph/batch.js';
import { resolveCastLike } from '../graph/resolve-cast-like.js';
import { rollUp } from '../graph/steps/roll-up.js';
import { stepMark } from '../graph/steps/step-mark.js';
import { inferValues, type Values } from '../graph/values.js';
import { graphOf, type Model } from '../onnx/model.js';
import type { Notice } from '../progress.js';
import type { Runtime } from '../runtime/runtime.js';
import type { ElementType } from '../tensor.js';
import type { Classifier } from './classifier.js';
import { exampleInput } from './example-input.js';
import { findHead, type HeadQuestion } from './head.js';
import { behindLayout, layoutFor, type Layout } from './layout.js';
import type { Position } from './position.js';

/** What the user may say of how a model takes examples and how its decision is read, where its file leaves that open. */
export interface InterfaceChoice {
  /** Dimensions of one example, where the model leaves them open and the data do not tell. */
  readonly inputShape?: readonly number[] | undefined;
  /** Name of the output that holds the class scores; found by default. */
  readonly output?: string | undefined;
  /** A time step, pixel or box, where the output holds scores for many. */
  readonly at?: Position | undefined;
}

/** The examples that a classifier is opened for, how they become its input, and which of its outputs holds the scores. */
export interface OpenClassifier extends InterfaceChoice {
  readonly runtime: Runtime;
  /** What one example looks like: a data set or an input will do. */
  readonly form: ExampleForm;
  /** What messages call the model: its file. */
  readonly place?: string | undefined;
  /** What messages call the examples. */
  readonly examples?: string;
  /** How pixels become the input; by default as the model's metadata say. */
  readonly preprocessing?: Pick<Preprocessing, 'mean' | 'std'> | undefined;
  /** Number of classes of the data, where it is known. */
  readonly classes?: number | undefined;
  /** The model is in prepared form already, as a run's models are. */
  readonly isPrepared?: boolean;
  /** Weights keep their names and places, to be trained or traced; by default what constants determine is computed. */
  readonly keepWeights?: boolean;
  /** Loops that were written out step by step are rolled up (see `roll-up.ts`), where each step need not be a layer. */
  readonly rollsUp?: boolean;
  readonly onNotice?: Notice | undefined;
}

/** A classifier, and the model that it was made from. */
export interface OpenedClassifier extends Classifier {
  /** The prepared model, all steps written out, with the interface that it was given with: what is written to files. */
  readonly prepared: Model;
  readonly layout: Layout;
}

/**
 * Prepares a model, and finds out how it takes examples and where it gives its scores.
 * @throws InputError when it does not take such examples, gives no class scores, or cannot be brought into the form that is
 *   needed
 */
export async function openClassifier(model: Model, request: OpenClassifier): Promise<OpenedClassifier> {
  const { runtime, form, inputShape, isPrepared, keepWeights, rollsUp, onNotice } = request;
  const inModel = <T>(action: () => T | Promise<T>) =>
    request.place === undefined ? Promise.resolve().then(action) : inPlace(request.place, action);
  const { name, dims: declared } = await inModel(() => exampleInput(model, inputShape, onNotice));
  const layout = layoutFor(request.examples ?? 'the example', form, declared, inputShape !== undefined);
  const { fed, own } = layout;
  const opened = async () => {
    const prepared = isPrepared ? model : await prepareModel(model, runtime, { [name]: own.dims });
    const folded = keepWeights ? prepared : await withoutConstants(prepared, runtime, { [name]: own.dims });
    const held = behindLayout(folded, layout);
    const values = await inferValues(held, runtime, { [name]: fed });
    const known = rollsUp ? rollUp({ model: held, values }) : { model: held, values };
    return { ...(await describeClassifier(known.model, known.values, request)), prepared, layout };
  };
  const context = { runtime, exampleDims: { [name]: own.dims } };
  const blaming = () => (isPrepared ? opened() : blamingPasses(model, context, opened));
  return inModel(() => withModelEffort(model, blaming));
}

/** Computes whatever follows from constants alone. */
async function withoutConstants(model: Model, runtime: Runtime, open: ExampleDims): Promise<Model> {
  // Finding out shapes runs the model: only where something depends on them.
  const isResolved = graphOf(model).node.every(({ opType }) => opType !== 'CastLike');
  const resolved = isResolved ? model : resolveCastLike(model, await inferValues(model, runtime, open));
  // A first step that starts from constants stays like all others, so that they can be rolled up.
  return foldConstants(resolved, runtime, [], (node) => stepMark(node) !== undefined);
}

/**
 * What a prepared model takes and gives, as it is.
 * @throws InputError when its input is of no fixed size, or it gives no class scores
 */
export async function describeClassifier(
  model: Model,
  values: Values,
  request: Pick<OpenClassifier, 'runtime' | 'output' | 'at' | 'classes' | 'onNotice' | 'preprocessing'>,
): Promise<Classifier> {
  const { name } = exampleInput(model);
  const { type, dims: inputDims } = values.of(name);
  const dims = inputDims.slice(1);
  if (inputDims[0] !== rowsOf(model) || !dims.every((dim) => typeof dim === 'number')) {
    throw new InputError(
      `the input "${name}" is ${type} [${inputDims.join(', ')}], expected [batch, …] of fixed sizes; ` +
        'export it so, with one example a row',
    );
  }
  const question: HeadQuestion = { ...request, wanted: request.output };
  const head = await findHead(model, values, question, request.runtime);
  return {
    ...head,
    input: { name, type, dims },
    normalization: normalizationOf(model, type, request.preprocessing),
    classes: Math.max(2, head.outputs),
    batch: fixedBatch(model),
    rowsMix: false,
  };
}

/** Whole numbers (tokens) are fed as they are. */
function normalizationOf(
  model: Model,
  type: ElementType,
  given: Pick<Preprocessing, 'mean' | 'std'> = {},
): Normalization | undefined {
  return type === 'float32' || type === 'float64' ? normalizationFor(model, given) : undefined;
}
