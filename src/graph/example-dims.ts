/** The dimensions of one example, where a model leaves them open and the user says them. */
import { InputError } from '../errors.js';
import { feedsOf, graphOf, toNumber, type Model, type ValueInfo } from '../onnx/model.js';

/** Per input, the dimensions of one example. */
export type ExampleDims = Readonly<Record<string, readonly number[]>>;

/** An input as the file declares it. */
export interface DeclaredInput {
  readonly name: string;
  /** Dimensions of one example; null where they are open, undefined where not even their number is said. */
  readonly dims: readonly (number | null)[] | undefined;
}

/** What a file says of an input. */
export function declaredInput({ name, type }: ValueInfo): DeclaredInput {
  const dims = type?.tensorType?.shape?.dim?.slice(1).map(({ dimValue }) => toNumber(dimValue) || null);
  return { name, dims };
}

/**
 * Inputs with their open dimensions as the user says them. One shape is for all inputs that are open; those that the model
 * fixes keep theirs.
 * @param shape of one example; undefined where the user says nothing
 * @throws InputError for a shape that makes no sense, or that the model contradicts
 */
export function withShape<T extends DeclaredInput>(inputs: readonly T[], shape: readonly number[] | undefined): T[] {
  if (!shape) return [...inputs];
  const given = `\`inputShape\` ${shape.join()}`;
  if (shape.length === 0 || !shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new InputError(`${given}: expected the sizes of one example, without the batch, such as 3,32,32`);
  }
  const fits = (dims: DeclaredInput['dims']) =>
    !dims || (dims.length === shape.length && dims.every((dim, axis) => dim === null || dim === shape[axis]));
  const open = inputs.filter(({ dims }) => !dims || dims.includes(null));
  const wrong = open.find(({ dims }) => !fits(dims));
  if (!wrong && (open.length > 0 || inputs.some(({ dims }) => fits(dims)))) {
    return inputs.map((input) => (open.includes(input) ? { ...input, dims: shape } : input));
  }
  const { name, dims = [] } = wrong ?? inputs[0]!;
  throw new InputError(
    `${given}: the model takes examples of [${dims.map((dim) => dim ?? '?').join(', ')}] for "${name}"; ` +
      (wrong ? 'say what its open sizes are, without the batch' : 'leave the option out'),
  );
}

/** The dimensions that `inputShape` gives to the inputs of a model. @throws InputError as `withShape` does */
export function exampleDimsOf(model: Model, shape: readonly number[] | undefined): ExampleDims {
  if (!shape) return {};
  const inputs = withShape(feedsOf(graphOf(model)).map(declaredInput), shape);
  return Object.fromEntries(inputs.flatMap(({ name, dims }) => (dims ? [[name, dims as readonly number[]]] : [])));
}
