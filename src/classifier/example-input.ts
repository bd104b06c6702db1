/** Which input of a model takes the examples. */
import { InputError } from '../errors.js';
import { fillInputs } from '../graph/passes/fill-inputs.js';
import { feedsOf, graphOf, toNumber, type Model } from '../onnx/model.js';
import type { Notice } from '../progress.js';

/** An input as the file declares it. */
export interface DeclaredInput {
  readonly name: string;
  /** Dimensions of one example; null where they are open, undefined where not even their number is said. */
  readonly dims: readonly (number | null)[] | undefined;
}

/**
 * The one input that is not filled in from others.
 * @throws InputError where there is none, or several
 */
export function exampleInput(model: Model, onNotice?: Notice): DeclaredInput {
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
  const dims = feed.type?.tensorType?.shape?.dim?.slice(1).map(({ dimValue }) => toNumber(dimValue) || null);
  return { name: feed.name, dims };
}
