/**
 * Representations of all layers in a few numbers each. A layer's activations never leave ONNX Runtime: the graph itself
 * reduces them, value by value as they are computed, to a random projection and two sums, so memory does not grow with
 * depth and nothing large crosses the border.
 */
import { makeNode, type Attributes } from '../../graph/builder.js';
import { nodesLeadingTo, valuesDependingOn } from '../../graph/reachable.js';
import { nameMaker } from '../../graph/rewrite.js';
import { appendToGraph } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import { layerNames } from '../../graph/passes/name-layers.js';
import { feedsOf, graphOf, nodeLabel, onnx, opsetOf, type Graph, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { valuesReadBy } from '../../onnx/validate.js';
import { seededRandom } from '../../numeric/random.js';
import type { Runtime } from '../../runtime/runtime.js';
import { elementCount, float32, int64, type ElementType, type Tensor } from '../../tensor.js';
import type { CheckedModel } from './checked-model.js';
import type { ProbeFeed } from './feeds.js';
import { runRows } from './run-rows.js';
import type { Rows } from './statistics.js';
import { CouldNotRun } from '../unavailable.js';
import type { ValueShapes } from './value-shapes.js';

/** What is known of one value of the graph over all probes. */
export interface LayerSketch {
  /** Name of the value, and the node that computes it. */
  readonly value: string;
  readonly node: string;
  readonly op: string;
  /** Elements of one example. */
  readonly size: number;
  /** Over all elements and probes. */
  readonly mean: number;
  readonly rms: number;
  /** Values computed from it directly. */
  readonly readers: readonly string[];
  /** Its number among the outputs of the model; null for a hidden value. */
  readonly output: number | null;
  /** [probes, parts] Each part is the sum of a run of elements under random signs: distances are kept on average. */
  readonly sketch: Rows;
}

/** A layer with no more elements than this is kept whole. */
const WHOLE = 64;

/** Most parts of a sketch. */
const MOST_PARTS = 128;

/** Signs are the same for every model and baseline. */
const SIGN_SEED = 20_260;

/** From this operator set on, reductions take their axes as an input. */
const AXES_AS_INPUT = 18;

/** Types that a sketch can be made of. */
const FLOATS = new Set(['float32', 'float64', 'float16']);

/**
 * Runs the model once with a sketch behind every floating-point value that has a row for each example.
 * @param feeds as the model takes them
 * @param count how many probes to run, the first ones, and `rows` how many share a call
 * @throws CouldNotRun when the model has no such value
 */
export async function sketchLayers(
  { model, bytes }: Pick<CheckedModel, 'model' | 'bytes'>,
  shapes: ValueShapes,
  feeds: readonly ProbeFeed[],
  { count, rows }: { readonly count: number; readonly rows: number | undefined },
  runtime: Runtime,
): Promise<LayerSketch[]> {
  const graph = graphOf(model);
  const inputs = feedsOf(graph);
  const depending = valuesDependingOn(
    graph.node,
    inputs.map(({ name }) => name),
  );
  const outputs = new Map(graph.output.map(({ name }, place) => [name, place]));
  const taps = nodesLeadingTo(graph.node, outputs.keys()).flatMap((node) =>
    node.output.slice(0, 1).flatMap((value) => {
      const shape = depending.has(value) ? shapes.of(value) : undefined;
      if (!shape || !FLOATS.has(shape.type)) return [];
      const size = rowSize(shape.dims, shapes.batch);
      return size > 0 ? [{ value, node, size, type: shape.type }] : [];
    }),
  );
  if (taps.length === 0) throw new CouldNotRun('no value of the model has a row for each example');

  const tapped = withTaps(model, bytes, taps);
  // Without another memory layout for convolutions: every value would have to be brought back from it.
  const session = await runtime.createSession(tapped.bytes, { optimization: 'extended' });
  try {
    const fetches = tapped.names.flatMap(({ parts, squares }) => [parts, squares]);
    const found = await runRows(session, feeds, fetches, { count: Math.min(count, feeds[0]!.dims[0]!), rows });
    const names = layerNames(graph);
    const readers = readersOf(graph, new Set(taps.map(({ value }) => value)));
    return taps.map(({ value, node, size }, i) => {
      const { parts, squares } = tapped.names[i]!;
      const { sketch, sums } = unpack(found[parts]!, size);
      const elements = size * sketch.rows;
      return {
        value,
        node: names.has(node) ? `${names.get(node)!} (${node.opType})` : nodeLabel(node),
        op: node.opType,
        size,
        mean: sums / elements,
        rms: Math.sqrt(found[squares]!.data.reduce((sum, square) => sum + square, 0) / elements),
        readers: readers.get(value) ?? [],
        output: outputs.get(value) ?? null,
        sketch,
      };
    });
  } finally {
    await session.release();
  }
}

/** Elements of one example; 0 for a value without a row for each. Windows of an example may be stacked along the batch. */
function rowSize([first = 0, ...rest]: readonly number[], batch: number): number {
  return first % batch === 0 ? (first / batch) * elementCount(rest) : 0;
}

interface Tap {
  readonly value: string;
  readonly size: number;
  readonly type: ElementType;
}

/** Number of parts that a row falls into: a divisor, so that nothing has to be padded, or the row itself. */
function partsOf(size: number): number {
  if (size <= WHOLE) return size;
  for (let parts = MOST_PARTS; parts > 1; parts--) if (size % parts === 0) return parts;
  return 1;
}

/** The model with nodes behind it that reduce the tapped values. */
function withTaps(model: Model, bytes: Uint8Array, taps: readonly Tap[]) {
  const node: Node[] = [];
  const initializer: onnx.TensorProto[] = [];
  const fresh = nameMaker(model);
  const constants = new Map<string, string>();
  const constant = (key: string, make: () => Tensor) => {
    const known = constants.get(key) ?? fresh(`check_${key}`);
    if (!constants.has(key)) initializer.push(encodeTensor(known, make()));
    constants.set(key, known);
    return known;
  };
  const add = (op: string, from: readonly string[], attributes: Attributes = {}) => {
    const output = fresh(`check_${op}`);
    node.push(makeNode(op, from, [output], attributes));
    return output;
  };
  const sumOfSquares = (rows: string) =>
    opsetOf(model) < AXES_AS_INPUT
      ? add('ReduceSumSquare', [rows], { axes: [1, 2] })
      : add('ReduceSumSquare', [rows, constant('axes', () => int64([1, 2]))]);
  const names = taps.map(({ value, size, type }) => {
    const parts = partsOf(size);
    const run = size / parts;
    const wide = type === 'float32' ? value : add('Cast', [value], { to: elementTypeCode('float32') });
    const rows = add('Reshape', [wide, constant(`shape_${parts}_${run}`, () => int64([-1, parts, run]))]);
    return { parts: add('MatMul', [rows, constant(`signs_${run}`, () => signs(run))]), squares: sumOfSquares(rows) };
  });
  const output = names.flatMap(({ parts, squares }) => [
    new onnx.ValueInfoProto({ name: parts }),
    new onnx.ValueInfoProto({ name: squares }),
  ]);
  return { bytes: appendToGraph(bytes, { node, initializer, output }), names };
}

/** [run, 2]: random signs (a single element keeps its own), and ones, whose product is the sum. */
function signs(run: number) {
  const random = seededRandom(SIGN_SEED, run);
  const data = Float32Array.from({ length: 2 * run }, (_, i) =>
    i % 2 === 1 || run === 1 ? 1 : random.uniform() < 0.5 ? -1 : 1,
  );
  return float32(data, [run, 2]);
}

/** Takes sketch and sums apart. */
function unpack({ rows, data }: Rows, size: number): { sketch: Rows; sums: number } {
  const parts = partsOf(size);
  const sketch = new Float32Array(rows * parts);
  let sums = 0;
  for (let i = 0; i < sketch.length; i++) {
    sketch[i] = data[2 * i]!;
    sums += data[2 * i + 1]!;
  }
  return { sketch: { rows, size: parts, data: sketch }, sums };
}

/** For each value of a set, those of the set that are computed from it with none of them between. */
function readersOf(graph: Graph, among: ReadonlySet<string>): Map<string, string[]> {
  const readers = new Map<string, Set<string>>();
  /** Values of the set that each value stands for: itself, or those that led to it. */
  const origins = new Map<string, ReadonlySet<string>>([...among].map((name) => [name, new Set([name])]));
  for (const node of graph.node) {
    const from = new Set(valuesReadBy(node).flatMap((name) => [...(origins.get(name) ?? [])]));
    for (const output of node.output) {
      if (!among.has(output)) origins.set(output, from);
      else for (const source of from) readers.set(source, (readers.get(source) ?? new Set()).add(output));
    }
  }
  return new Map([...readers].map(([name, set]) => [name, [...set]]));
}
