/** Brings a model as exported into the form that training, tracing and attribution work on. */
import type { Model } from '../onnx/model.js';
import { validateModel } from '../onnx/validate.js';
import type { Runtime } from '../runtime/runtime.js';
import { withModelEffort } from './budget.js';
import type { ExampleDims } from './example-dims.js';
import { blamingPasses } from './passes/blame.js';
import { PASSES } from './passes/list.js';
import { runPass, type PassContext } from './passes/pass.js';

/**
 * The model in our operator set, with a free batch dimension and constants in one place. It computes what the given one
 * does; names of weights and of values that remain are kept.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @throws InputError for a model that cannot be brought into this form
 * @throws ModelRefused naming the pass, where ONNX Runtime does not load what it gives
 * @throws PassFailure for a bug in a pass, naming it
 */
export async function prepareModel(model: Model, runtime: Runtime, exampleDims: ExampleDims = {}): Promise<Model> {
  const context: PassContext = { runtime, exampleDims };
  const prepare = async () => {
    let prepared = model;
    for (const pass of PASSES) prepared = await runPass(pass, prepared, context);
    validateModel(prepared, 'the prepared model');
    return prepared;
  };
  return withModelEffort(model, () => blamingPasses(model, context, prepare));
}
