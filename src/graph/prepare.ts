/** Brings a model as exported into the form that training, tracing and attribution work on. */
import { graphOf, type Model } from '../onnx/model.js';
import { validateModel } from '../onnx/validate.js';
import type { Runtime } from '../runtime/runtime.js';
import { checkOperators } from './check-operators.js';
import { decomposeRecurrent, hasRecurrent } from './decompose-recurrent.js';
import { dropDead } from './drop-dead.js';
import { dropIdentities } from './drop-identities.js';
import { dynamicBatch } from './dynamic-batch.js';
import { fillInputs } from './fill-inputs.js';
import { foldConstants } from './fold-constants.js';
import { foldShapes } from './fold-shapes.js';
import { inferenceForm } from './inference-form.js';
import { inlineFunctions } from './inline-functions.js';
import { liftConstants } from './lift-constants.js';
import { parametersOf } from './parameters.js';
import { standardMl } from './standard-ml.js';
import { untie } from './untie.js';
import { checkLoops, hasControlFlow, unroll } from './unroll.js';
import { upgradeOpset } from './upgrade-opset.js';
import { inferValues } from './values.js';
import { widenFloats } from './widen-floats.js';
import { hasAttention, writeOutAttention } from './write-out-attention.js';

/** What the rewrites may need besides the model. */
export interface Preparation {
  readonly runtime: Runtime;
  /** Per input, the dimensions of one example, where the model leaves them open. */
  readonly exampleDims: Readonly<Record<string, readonly number[]>>;
}

type Rewrite = (model: Model, preparation: Preparation) => Model | Promise<Model>;

/** The rewrites in the order in which they build on each other. Each computes the same as what it is given. */
const REWRITES: readonly Rewrite[] = [
  (model, { runtime }) => checkOperators(model, runtime),
  fillInputs,
  // Attributes become inputs, as constants, …
  upgradeOpset,
  // … as do the numbers of scikit-learn's operators, …
  standardMl,
  // … which stand among the weights like all others once no function is left …
  inlineFunctions,
  liftConstants,
  // … and have a type that training works in.
  widenFloats,
  inferenceForm,
  // Shapes that depend on a fixed batch are computed, so that the constants in them are seen; parameters stay as they are.
  foldKnown,
  // Branches and loops that constants decide, …
  settleControlFlow,
  dropIdentities,
  (model, { runtime, exampleDims }) => dynamicBatch(model, runtime, exampleDims),
  // … and those that shapes decide, which are known once the batch no longer stands in them.
  (model, { runtime, exampleDims }) => foldShapes(model, runtime, parametersOf(graphOf(model)), exampleDims),
  foldKnown,
  settleControlFlow,
  writeOutRecurrent,
  writeOutAttentions,
  dropIdentities,
  untie,
  dropDead,
];

/**
 * The model in our operator set, with a free batch dimension and constants in one place. It computes what the given one
 * does; names of weights and of values that remain are kept.
 * @throws InputError for a model that cannot be brought into this form
 */
export async function prepareModel(
  model: Model,
  runtime: Runtime,
  exampleDims: Readonly<Record<string, readonly number[]>> = {},
): Promise<Model> {
  let prepared = model;
  for (const rewrite of REWRITES) prepared = await rewrite(prepared, { runtime, exampleDims });
  validateModel(prepared, 'the prepared model');
  return prepared;
}

function foldKnown(model: Model, { runtime }: Preparation): Promise<Model> {
  return foldConstants(model, runtime, parametersOf(graphOf(model)));
}

/** Settles branches and loops until none is left, or those that are left depend on what the model is fed with. */
async function settleControlFlow(model: Model, preparation: Preparation): Promise<Model> {
  let settled = model;
  while (hasControlFlow(graphOf(settled))) {
    let next = unroll(settled);
    if (next === settled) {
      // From here on the model is run to learn its shapes, so that no loop may be left that does not end.
      checkLoops(settled);
      if (!graphOf(settled).node.some(({ opType }) => opType === 'Scan')) break;
      next = unroll(settled, await inferValues(settled, preparation.runtime, preparation.exampleDims));
      if (next === settled) break;
    }
    // What stood in a branch may decide the next one.
    settled = await foldKnown(next, preparation);
  }
  return settled;
}

async function writeOutRecurrent(model: Model, { runtime, exampleDims }: Preparation): Promise<Model> {
  if (!hasRecurrent(graphOf(model))) return model;
  return decomposeRecurrent(model, await inferValues(model, runtime, exampleDims));
}

async function writeOutAttentions(model: Model, { runtime, exampleDims }: Preparation): Promise<Model> {
  if (!hasAttention(graphOf(model))) return model;
  return writeOutAttention(model, await inferValues(model, runtime, exampleDims));
}
