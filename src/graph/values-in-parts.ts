/** Shapes of a large graph's values, found part by part: what ONNX Runtime takes for a session grows faster than its graph. */
import { InputError } from '../errors.js';
import { graphOf, onnx, type Graph, type Model, type Node, type StoredTensor, type ValueInfo } from '../onnx/model.js';
import { encodeTensor } from '../onnx/tensor-proto.js';
import { valuesReadBy } from '../onnx/validate.js';
import type { Runtime } from '../runtime/runtime.js';
import { elementCount, type Tensor } from '../tensor.js';
import { checkMemory, BYTES, sizeInBytes } from './budget.js';
import { valueInfo } from './builder.js';
import { measureGraph, type MeasuredValue, type MeasuredGraph } from './measure.js';
import type { ExampleDims } from './example-dims.js';
import { feedTypes, PROBES, runOn, zeroFeeds } from './probe.js';
import { isShapeOutput, valueTypes, withShapeOutputs, type ValueType } from './shape-outputs.js';

/** A tensor from an earlier part that may decide a size is measured as it is; a larger one as its shape. */
const LARGEST_CONTENT = 1024;

/** Starting and stopping threads for every part would take longer than the parts do. */
const THREADS = 1;

/**
 * Runs a graph on zeros at the two batch sizes, so many nodes at a time, in their order. What a later part reads is kept as a
 * tensor until its last reader has run.
 * @param exampleDims per input, the dimensions of one example, where the model leaves them open
 * @param partSize nodes in a part
 * @returns type and dimensions of the inputs and of every value computed; undefined where a graph cannot be run so (what
 *   goes from part to part is not a tensor or takes much memory, or ONNX Runtime refuses a part), which says nothing about
 *   the whole
 */
export async function inferInParts(
  model: Model,
  runtime: Runtime,
  exampleDims: ExampleDims,
  partSize: number,
): Promise<Map<string, ValueType> | undefined> {
  if (graphOf(model).sparseInitializer.length > 0) return undefined;
  try {
    return await inferAll(model, runtime, exampleDims, partSize);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

async function inferAll(model: Model, runtime: Runtime, exampleDims: ExampleDims, partSize: number) {
  const graph = graphOf(model);
  const feeds = feedTypes(model, exampleDims);
  const parts = partsOf(graph, partSize);
  const lastReader = new Map(parts.flatMap(({ read }, index) => [...read].map((name) => [name, index] as const)));
  const known = new Map<string, ValueType>(feeds);
  const sizes = new Map<string, MeasuredValue>();
  /** Tensors that a part still to come reads, at each of PROBES. */
  const held = PROBES.map((batch) => new Map(Object.entries(zeroFeeds(feeds, batch))));
  for (const [index, part] of parts.entries()) {
    const passed = part.computed.filter((name) => lastReader.get(name)! > index);
    const measured = await measurePart(model, part, runtime, held.at(-1)!);
    for (const [name, size] of measured.known) sizes.set(name, size);
    if (passed.some((name) => measured.others.has(name))) return undefined;
    if (bytesOf(held.at(-1)!.keys(), sizes) + bytesOf(passed, sizes) > BYTES) return undefined;

    const names = part.computed.filter((name) => !measured.others.has(name));
    const input = [...part.read].filter((name) => held[0]!.has(name));
    const inputs = input.map((name) => valueInfo(name, known.get(name)!.type, known.get(name)!.dims));
    const partModel = withShapeOutputs(
      modelOf(model, part, { input: inputs, initializer: part.weights, output: part.outputs }),
      names,
    );
    const tensors = held.map((at) => Object.fromEntries(input.map((name) => [name, at.get(name)!])));
    const passes = new Set(passed);
    const runs = await runOn(partModel, runtime, tensors, (name) => isShapeOutput(name) || passes.has(name), THREADS);
    for (const [name, type] of valueTypes(names, runs)) known.set(name, type);
    for (const [i, at] of held.entries()) {
      for (const name of passed) at.set(name, runs.runs[i]![name]!);
      for (const name of part.read) if (lastReader.get(name) === index) at.delete(name);
    }
  }
  checkMemory(graph, sizes);
  return known;
}

/** Nodes that follow each other. */
interface GraphPart {
  readonly nodes: readonly Node[];
  /** What they compute. */
  readonly computed: readonly string[];
  /** What they read, their own results among it. */
  readonly read: ReadonlySet<string>;
  /** The weights among what they read. */
  readonly weights: StoredTensor[];
  /** The declared outputs of the graph among what they compute. */
  readonly outputs: ValueInfo[];
}

function partsOf({ node, initializer, output }: Graph, partSize: number): GraphPart[] {
  const stored = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const declared = new Map(output.map((value) => [value.name, value]));
  const parts: GraphPart[] = [];
  for (let start = 0; start < node.length; start += partSize) {
    const nodes = node.slice(start, start + partSize);
    const read = new Set(nodes.flatMap(valuesReadBy));
    const computed = nodes.flatMap(({ output }) => output.filter((name) => name !== ''));
    const weights = [...read].flatMap((name) => stored.get(name) ?? []);
    parts.push({ nodes, computed, read, weights, outputs: computed.flatMap((name) => declared.get(name) ?? []) });
  }
  return parts;
}

/** Measures a part before it runs (see `measure`). @param held tensors from the parts before it */
function measurePart(
  model: Model,
  part: GraphPart,
  runtime: Runtime,
  held: ReadonlyMap<string, Tensor>,
): Promise<MeasuredGraph> {
  const tensors = [...part.read].flatMap((name) => (held.has(name) ? [[name, held.get(name)!] as const] : []));
  const isSmall = ({ dims }: Tensor) => elementCount(dims) <= LARGEST_CONTENT;
  const contents = tensors.filter(([, tensor]) => isSmall(tensor)).map(([name, tensor]) => encodeTensor(name, tensor));
  const large = tensors.filter(([, tensor]) => !isSmall(tensor));
  const input = large.map(([name, { type, dims }]) => valueInfo(name, type, dims));
  const partModel = modelOf(model, part, { input, initializer: [...part.weights, ...contents] });
  return measureGraph(partModel, runtime, new Map(large));
}

function modelOf(model: Model, { nodes }: GraphPart, graph: onnx.GraphProto.$Properties): Model {
  return new onnx.ModelProto({ ...model, graph: new onnx.GraphProto({ name: 'part', node: [...nodes], ...graph }) });
}

function bytesOf(names: Iterable<string>, sizes: ReadonlyMap<string, MeasuredValue>): number {
  let sum = 0;
  for (const name of names) sum += sizeInBytes(sizes.get(name));
  return sum;
}
