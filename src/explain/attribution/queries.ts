/** Attributions as a result says them. */
import { elementCount, type FloatArray } from '../../tensor.js';
import { InputError } from '../../errors.js';
import type { AttributeFeature, AttributeQuery, AttributeToken } from '../../results/attribute.js';
import { createTop } from '../../numeric/top.js';
import type { ExplainedInput } from './explained-inputs.js';
import type { Attribution } from './method.js';

/** An entry of a result, and the arrays that it names. */
export interface DescribedAttribution {
  readonly query: AttributeQuery;
  readonly arrays: ReadonlyMap<string, FloatArray>;
}

/**
 * The entry of an attribution in the result, and the arrays that lie beside it.
 * @param file of the map
 * @throws InputError where the map holds something that is no number
 */
export function describeAttribution(
  { facts, example, features, text }: ExplainedInput,
  { method, file }: { method: string; file: string },
  { map, shape, output, layer, expected, steps, ledger, layered }: Attribution,
): DescribedAttribution {
  if (![output, expected ?? 0].every(Number.isFinite) || !map.every(Number.isFinite)) {
    const what = expected !== undefined && !Number.isFinite(expected) ? 'what the map should sum to' : 'the map';
    throw new InputError(
      `${facts.input}: ${what} by ${method} is not finite; choose another \`baseline\` if the model has no score there ` +
        '(a constant input, say), and check its weights',
    );
  }
  const sum = map.reduce((total, value) => total + value, 0);
  const error = expected === undefined ? null : Math.abs(expected - sum) / Math.max(Math.abs(expected), Number.EPSILON);
  return {
    query: {
      ...facts,
      method,
      layer,
      sum,
      output,
      expected,
      conservationError: error,
      shape: [...shape],
      file,
      steps,
      features: features && map.length === example.x.length ? strongest(map, example.x, features.names) : undefined,
      tokens: text && byToken(map, map.length === example.x.length ? text.shape : shape, text.tokens),
      ledger: ledger && [...ledger],
      layered: layered?.description,
    },
    arrays: new Map([[file, { shape, data: map }], ...(layered?.arrays ?? [])]),
  };
}

/** Features that are listed. */
const LISTED = 10;

function strongest(map: Float32Array, x: Float32Array, names: readonly string[] | undefined): AttributeFeature[] {
  const top = createTop<number>(LISTED);
  map.forEach((relevance, feature) => top.offer(Math.abs(relevance), feature));
  return top.items.map((feature) => ({
    feature,
    name: names?.[feature],
    value: x[feature]!,
    relevance: map[feature]!,
  }));
}

/** A map added up for each token; undefined where no axis of the map has a place for each. */
function byToken(map: Float32Array, shape: readonly number[], tokens: readonly string[]): AttributeToken[] | undefined {
  const axis = shape.indexOf(tokens.length);
  if (axis < 0) return undefined;
  const inner = elementCount(shape.slice(axis + 1));
  const sums = new Float64Array(tokens.length);
  map.forEach((relevance, i) => (sums[Math.floor(i / inner) % tokens.length]! += relevance));
  return tokens.map((token, i) => ({ token, relevance: sums[i]! }));
}
