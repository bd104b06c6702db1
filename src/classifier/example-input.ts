/** Which input of a model takes the examples. */
import { InputError } from '../errors.js';
import { fillInputs } from '../graph/passes/fill-inputs.js';
import { declaredInput, withShape, type DeclaredInput } from '../graph/example-dims.js';
import { feedsOf, graphOf, type Model } from '../onnx/model.js';
import type { Notice } from '../progress.js';

/**
 * The one input that is not filled in from others.
 * @param inputShape what the user says of its open dimensions
 * @throws InputError where there is none, or several, or the model contradicts the user
 */
export function exampleInput(model: Model, inputShape?: readonly number[], onNotice?: Notice): DeclaredInput {
  const names = feedsOf(graphOf(model)).map(({ name }) => name);
  const left = feedsOf(graphOf(fillInputs(model)));
  const [feed] = left;
  if (left.length !== 1 || !feed) {
    const what = left.length === 0 ? 'no input' : `${left.length} inputs (${left.map(({ name }) => name).join(', ')})`;
    throw new InputError(`the model takes ${what}, but an example is one array; export it with one input`);
  }
  const filled = names.filter((name) => name !== feed.name);
  if (filled.length > 0) {
    onNotice?.(`${filled.join(' and ')} follow from ${feed.name}: token 0 is padding, and all tokens are of type 0`);
  }
  return withShape([declaredInput(feed)], inputShape)[0]!;
}
