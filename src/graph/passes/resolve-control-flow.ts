/** Takes the branches and writes out the loops that are decided before the model runs. */
import { graphOf, type Model } from '../../onnx/model.js';
import { parametersOf } from '../parameters.js';
import { inferValues } from '../values.js';
import { foldConstants } from './fold-constants.js';
import type { PassContext } from './pass.js';
import { checkLoops, hasControlFlow, unroll } from './unroll.js';

/**
 * The model with branches and loops resolved, until none is left, or those that are left depend on what it is fed with.
 * @throws InputError for loops that nothing bounds, and for those that would make an unreasonably large graph
 */
export async function resolveControlFlow(model: Model, { runtime, exampleDims }: PassContext): Promise<Model> {
  let resolved = model;
  while (hasControlFlow(graphOf(resolved))) {
    let next = unroll(resolved);
    if (next === resolved) {
      // From here on the model is run to learn its shapes, so that no loop may be left that does not end.
      checkLoops(resolved);
      if (!graphOf(resolved).node.some(({ opType }) => opType === 'Scan')) break;
      next = unroll(resolved, await inferValues(resolved, runtime, exampleDims));
      if (next === resolved) break;
    }
    // What stood in a branch may decide the next one.
    resolved = await foldConstants(next, runtime, parametersOf(graphOf(next)));
  }
  return resolved;
}
