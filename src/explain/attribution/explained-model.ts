/** A classifier made ready to be explained. */
import { InputError } from '../../errors.js';
import { foldConstants } from '../../graph/passes/fold-constants.js';
import { prepareModel } from '../../graph/prepare.js';
import { scoresOf } from '../../graph/scores.js';
import { settleTypes } from '../../graph/settle-types.js';
import { BATCH, inferValues, type Values } from '../../graph/values.js';
import { feedsOf, graphOf, type Model } from '../../onnx/model.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount } from '../../tensor.js';

/** A prepared model with what is known of it. */
export interface ExplainedModel {
  /** In our operator set, constants among the weights, the batch free. */
  readonly model: Model;
  readonly values: Values;
  /** Its one input, with the dimensions of one example. */
  readonly input: { readonly name: string; readonly dims: readonly number[] };
  /** The value with the class scores, [batch, outputs], before a softmax or sigmoid that ends the model. */
  readonly scores: string;
  /** Columns of the scores; a single one is the score of class 1 against class 0. */
  readonly outputs: number;
  readonly classes: number;
}

/** The one input of a model. @throws InputError when there are several */
export function inputOf(model: Model) {
  const feeds = feedsOf(graphOf(model));
  if (feeds.length !== 1) {
    const names = feeds.map(({ name }) => name).join(', ') || 'none';
    throw new InputError(`the model has ${feeds.length} inputs (${names}), expected one to attribute to`);
  }
  return feeds[0]!;
}

/**
 * Prepares a model for attribution.
 * @param exampleDims dimensions of one example, for where the model leaves them open
 * @throws InputError when its output is not class scores, or it cannot be brought into the form that is needed
 */
export async function explainedModel(
  model: Model,
  runtime: Runtime,
  exampleDims: readonly number[],
): Promise<ExplainedModel> {
  const open = { [inputOf(model).name]: exampleDims };
  const prepared = await prepareModel(model, runtime, open);
  // Finding out shapes runs the model: only where something depends on them.
  const isSettled = graphOf(prepared).node.every(({ opType }) => opType !== 'CastLike');
  const settled = isSettled ? prepared : settleTypes(prepared, await inferValues(prepared, runtime, open));
  const folded = await foldConstants(settled, runtime);
  return describeModel(folded, await inferValues(folded, runtime, open));
}

/** What is known of a prepared model. @throws InputError when its output is not class scores */
export function describeModel(model: Model, values: Values): ExplainedModel {
  const { name } = inputOf(model);
  const input = values.of(name);
  const dims = input.dims.slice(1);
  if (input.type !== 'float32' || input.dims[0] !== BATCH || !dims.every((dim) => typeof dim === 'number')) {
    const mend = input.type.startsWith('int')
      ? '; whole numbers, such as tokens, have no gradient: export the part of the model behind their embedding'
      : '';
    throw new InputError(
      `the input "${name}" is ${input.type} [${input.dims.join(', ')}], expected float32 [batch, …] of fixed sizes${mend}`,
    );
  }
  const scores = scoresOf(model);
  const { dims: scoreDims, type } = values.of(scores);
  const [batch, outputs] = scoreDims;
  if (scoreDims.length !== 2 || batch !== BATCH || typeof outputs !== 'number' || type !== 'float32') {
    throw new InputError(
      `the output "${scores}" is ${type} [${scoreDims.join(', ')}], expected class scores, float32 [batch, classes]`,
    );
  }
  return { model, values, input: { name, dims }, scores, outputs, classes: Math.max(2, outputs) };
}

/** Elements of one example of a value. */
export function exampleSize({ values }: ExplainedModel, value: string): number {
  const sizes = values.of(value).dims.map((dim) => (typeof dim === 'number' ? dim : multipleOfBatch(dim)));
  return elementCount(sizes);
}

/** How many rows an example has along an axis that follows the batch: `4*batch` has 4. */
function multipleOfBatch(dim: string): number {
  return dim.endsWith(`*${BATCH}`) ? Number.parseInt(dim, 10) : 1;
}
