/** The passes, in the order in which they build on each other. To add one: a file beside this one, and a line here. */
import { graphOf, type Model } from '../../onnx/model.js';
import { dropDead } from '../drop-dead.js';
import { parametersOf } from '../parameters.js';
import { inferValues } from '../values.js';
import { checkFlagAttributes } from './check-flag-attributes.js';
import { checkOperators } from './check-operators.js';
import { decomposeRecurrent, hasRecurrent } from '../recurrent/decompose-recurrent.js';
import { dropIdentities } from './drop-identities.js';
import { dynamicBatch } from './dynamic-batch.js';
import { fillInputs } from './fill-inputs.js';
import { foldConstants } from './fold-constants.js';
import { foldShapes } from './fold-shapes.js';
import { inferenceForm } from './inference-form.js';
import { inlineFunctions } from './inline-functions.js';
import { liftConstants } from './lift-constants.js';
import { nameLayers } from './name-layers.js';
import type { Pass, PassContext } from './pass.js';
import { resolveControlFlow } from './resolve-control-flow.js';
import { standardMl } from './standard-ml.js';
import { untie } from './untie.js';
import { upgradeOpset } from './upgrade-opset.js';
import { widenFloats } from './widen-floats.js';
import { hasAttention, writeOutAttention } from './write-out-attention.js';

/** Each is applied once, to what the one before it returned. */
export const PASSES: readonly Pass[] = [
  { name: 'check-operators', apply: (model, { runtime }) => checkOperators(model, runtime) },
  { name: 'check-flag-attributes', apply: checkFlagAttributes },
  { name: 'fill-inputs', apply: fillInputs },
  // Attributes become inputs, as constants, …
  { name: 'upgrade-opset', apply: upgradeOpset },
  // … as do the numbers of scikit-learn's operators, …
  { name: 'standard-ml', apply: standardMl },
  // … which stand among the weights like all others once no function is left …
  { name: 'inline-functions', apply: inlineFunctions },
  { name: 'lift-constants', apply: liftConstants },
  // … and have a type that training works in.
  { name: 'widen-floats', apply: widenFloats },
  { name: 'inference-form', apply: inferenceForm },
  // Shapes that depend on a fixed batch are computed, so that the constants in them are seen; parameters stay as they are.
  { name: 'fold-constants', apply: foldKnown },
  // Branches and loops that constants decide, …
  { name: 'resolve-control-flow', apply: resolveControlFlow },
  { name: 'drop-identities', apply: dropIdentities },
  { name: 'dynamic-batch', apply: (model, { runtime, exampleDims }) => dynamicBatch(model, runtime, exampleDims) },
  // … and those that shapes decide, which are known once the batch no longer stands in them.
  {
    name: 'fold-shapes',
    apply: (model, { runtime, exampleDims }) => foldShapes(model, runtime, parametersOf(graphOf(model)), exampleDims),
  },
  { name: 'fold-constants', apply: foldKnown },
  { name: 'resolve-control-flow', apply: resolveControlFlow },
  { name: 'decompose-recurrent', apply: writeOutRecurrent },
  { name: 'write-out-attention', apply: writeOutAttentions },
  { name: 'drop-identities', apply: dropIdentities },
  { name: 'untie', apply: untie },
  { name: 'drop-dead', apply: dropDead },
  { name: 'name-layers', apply: nameLayers },
];

function foldKnown(model: Model, { runtime }: PassContext): Promise<Model> {
  return foldConstants(model, runtime, parametersOf(graphOf(model)));
}

async function writeOutRecurrent(model: Model, { runtime, exampleDims }: PassContext): Promise<Model> {
  if (!hasRecurrent(graphOf(model))) return model;
  return decomposeRecurrent(model, await inferValues(model, runtime, exampleDims));
}

async function writeOutAttentions(model: Model, { runtime, exampleDims }: PassContext): Promise<Model> {
  if (!hasAttention(graphOf(model))) return model;
  return writeOutAttention(model, await inferValues(model, runtime, exampleDims));
}
