/**
 * Where the examples of a batch stand in the values of a graph. Most values have an axis of their own for them; where a
 * Reshape has folded positions into it (tokens, frames, windows), its size says how many rows there are an example but not
 * whose they are, which the way there decides.
 */
import { intsAttribute } from '../onnx/attributes.js';
import { isStandardDomain, type Node } from '../onnx/model.js';
import type { Dim } from './builder.js';
import { valuesReadBy } from '../onnx/validate.js';
import { isScan, scanOf } from './scan.js';
import { BATCH, type Values } from './values.js';

/** Index along an axis: (p·batch + example)·behind + q, with p < before and q < behind. */
export interface BatchPlace {
  readonly axis: number;
  readonly before: number;
  readonly behind: number;
}

/** Operators whose output is their input in another shape: elements keep their order. */
const RESHAPING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** Operators that may put the rows of a folded axis into another order, or take some of them. */
const REORDERING = new Set([
  ...['Gather', 'GatherElements', 'GatherND', 'ScatterElements', 'ScatterND', 'Slice', 'Compress', 'TopK', 'Pad'],
  ...['ReverseSequence', 'Concat', 'Tile', 'Expand', 'DepthToSpace', 'SpaceToDepth', 'Loop', 'Scan', 'If', 'Resize'],
]);

/** The place in a value. */
type PlaceOf = (value: string) => BatchPlace | 'nowhere' | undefined;

/**
 * Follows the examples through a graph.
 * @param nodes in the order in which they run
 * @param given places in values that the graph reads from outside, where their shape does not say them
 * @returns for a value, where its examples stand: 'nowhere' in one whose shape does not follow the batch, undefined where it
 *   cannot be told
 */
export function batchPlaces(
  nodes: readonly Node[],
  values: Values,
  given: ReadonlyMap<string, BatchPlace> = new Map(),
): PlaceOf {
  const folded = new Map(given);
  const mixed = new Set<string>();
  /** Values whose rows are all alike: any place is right. */
  const uniform = new Set<string>();
  const placeOf: PlaceOf = (value) => {
    if (!values.has(value) || mixed.has(value)) return undefined;
    const { dims } = values.of(value);
    const axes = dims.flatMap((dim, axis) => (typeof dim === 'string' ? [axis] : []));
    if (axes.length === 0) return 'nowhere';
    if (axes.length > 1) return undefined;
    return dims[axes[0]!] === BATCH ? { axis: axes[0]!, before: 1, behind: 1 } : folded.get(value);
  };
  for (const node of nodes) {
    const isMixed = valuesReadBy(node).some((name) => mixed.has(name));
    if (node.opType === 'Expand' && placeOf(node.input[0]!) === 'nowhere') uniform.add(node.output[0]!);
    let behindScan: ReadonlyMap<string, BatchPlace> | undefined;
    for (const output of node.output) {
      if (output === '' || !values.has(output)) continue;
      const place = placeOf(output);
      if (isMixed || (typeof place === 'object' && reorders(node, values.of(output).dims, values, placeOf))) {
        mixed.add(output);
      } else if (place === undefined) {
        if (isScan(node)) behindScan ??= placesBehindScan(node, values, placeOf, folded, uniform);
        const behind = behindScan ? behindScan.get(output) : placeBehind(node, output, values, placeOf);
        if (behind) folded.set(output, behind);
      }
    }
  }
  return placeOf;
}

/** The places in the outputs of a Scan, as its body leaves them; none where a step moves the examples of a state. */
function placesBehindScan(
  node: Node,
  values: Values,
  placeOf: PlaceOf,
  around: ReadonlyMap<string, BatchPlace>,
  uniform: ReadonlySet<string>,
): ReadonlyMap<string, BatchPlace> {
  const { body, initial, sequences, last, results } = scanOf(node);
  const inner = values.within(node);
  const given = new Map(around);
  const inItems = sequences.flatMap(({ value, axis }, i) => {
    const place = placeOf(value);
    const along = axis < 0 ? axis + values.of(value).dims.length : axis;
    if (typeof place !== 'object' || place.axis === along) return [];
    const inItem = { ...place, axis: place.axis - (place.axis > along ? 1 : 0) };
    given.set(body.input[initial.length + i]!.name, inItem);
    return [inItem];
  });
  initial.forEach((value, i) => {
    const { name } = body.input[i]!;
    const place = placeOf(value);
    if (typeof place === 'object') given.set(name, place);
    else if (uniform.has(value) && inItems[0]) given.set(name, { ...inItems[0], axis: batchAxis(inner.of(name).dims) });
  });
  const inside = batchPlaces(body.node, inner, given);
  const isKept = (_: string, i: number) => isSame(inside(body.input[i]!.name), inside(body.output[i]!.name));
  if (!initial.every(isKept)) return new Map();
  const left = [...last, ...results.map(({ value }) => value)].flatMap((output, i): [string, BatchPlace][] => {
    const place = inside(body.output[i]!.name);
    return output !== '' && typeof place === 'object'
      ? [[output, { ...place, axis: batchAxis(values.of(output).dims) }]]
      : [];
  });
  return new Map(left);
}

const batchAxis = (dims: readonly Dim[]) => dims.findIndex((dim) => typeof dim === 'string');

function isSame(one: ReturnType<PlaceOf>, other: ReturnType<PlaceOf>): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  return one.axis === other.axis && one.before === other.before && one.behind === other.behind;
}

/** Whether a node deals the elements of its examples out to rows as if they stood in another order. */
function reorders(node: Node, dims: readonly Dim[], values: Values, placeOf: PlaceOf): boolean {
  const place = RESHAPING.has(node.opType) ? placeOf(node.input[0]!) : undefined;
  if (typeof place !== 'object') return false;
  const axis = batchAxis(dims);
  return reshaped(place, values.of(node.input[0]!).dims, dims, axis) === undefined;
}

/** The place in an output whose batch axis is folded. */
function placeBehind(node: Node, output: string, values: Values, placeOf: PlaceOf): BatchPlace | undefined {
  if (!isStandardDomain(node.domain)) return undefined;
  const { dims } = values.of(output);
  const axis = batchAxis(dims);
  if (RESHAPING.has(node.opType)) return reshaped(placeOf(node.input[0]!), values.of(node.input[0]!).dims, dims, axis);
  if (node.opType === 'Transpose') {
    const place = placeOf(node.input[0]!);
    const perm = intsAttribute(node, 'perm') ?? dims.map((_, i) => dims.length - 1 - i);
    return typeof place === 'object' ? { ...place, axis: perm.indexOf(place.axis) } : undefined;
  }
  if (REORDERING.has(node.opType)) return undefined;
  // Everything else works on rows as they come.
  const places = node.input
    .filter((name) => name !== '' && values.has(name) && values.of(name).dims.includes(dims[axis]!))
    .map((name) => placeOf(name));
  const [first] = places;
  const agree = places.every(
    (place) =>
      typeof place === 'object' &&
      typeof first === 'object' &&
      place.before === first.before &&
      place.behind === first.behind,
  );
  return typeof first === 'object' && agree ? { ...first, axis } : undefined;
}

/** Where the examples stand in row-major order does not change; which axis that is follows from the sizes behind it. */
function reshaped(
  place: BatchPlace | 'nowhere' | undefined,
  from: readonly Dim[],
  to: readonly Dim[],
  axis: number,
): BatchPlace | undefined {
  if (typeof place !== 'object' || axis < 0) return undefined;
  const size = (dims: readonly Dim[]) => dims.reduce((product: number, dim) => product * Number(dim), 1);
  const before = (size(from.slice(0, place.axis)) * place.before) / size(to.slice(0, axis));
  const behind = (size(from.slice(place.axis + 1)) * place.behind) / size(to.slice(axis + 1));
  const isWhole = Number.isInteger(before) && Number.isInteger(behind);
  const expected = before * behind === 1 ? BATCH : `${before * behind}*${BATCH}`;
  return isWhole && to[axis] === expected ? { axis, before, behind } : undefined;
}
