/**
 * What of a training is logged: all that a step changes of the model. The updates of each traceable layer are a column, as
 * traces read them; those of other weights are a column for each node that reads them.
 */
import { findLayers, traceableLayers, type TraceableLayer } from '../graph/layers.js';
import { intAttribute } from '../onnx/attributes.js';
import { graphOf, type Model, type Node } from '../onnx/model.js';
import { valuesReadBy } from '../onnx/validate.js';

/** Weights whose updates are logged together. */
export interface LoggedWeights {
  /** Name of the node that they are of: the name of the column. */
  readonly name: string;
  readonly op: string;
  /** Names of the weights: of a layer, its weight and then its bias if it has one. */
  readonly tensors: readonly string[];
  /** Further nodes that apply the same weight and bias. */
  readonly uses: readonly string[];
  /** How the weight meets its input, where its updates can be factored: it is a matrix, and a convolution's is not grouped. */
  readonly matrix?: MatrixWeight | undefined;
}

/** A weight that is applied as one matrix. */
export interface MatrixWeight {
  /** The value that it is applied to. */
  readonly input: string;
  /** The axis of that value that it acts on. */
  readonly axis: number;
  /** Whether it is stored as [inputs, outputs]. */
  readonly transposed: boolean;
  /** The convolution that applies it, if it is one. */
  readonly convolution?: Node | undefined;
}

/**
 * The traceable layers among what is trained.
 * @param model the prepared model, with all steps written out
 * @param wanted names, weights or numbers of layers; all by default
 * @param parameters names of the weights that are trained
 * @throws InputError for a layer that does not exist
 */
export function tracedColumns(
  model: Model,
  wanted: readonly string[] | undefined,
  parameters: readonly string[],
): LoggedWeights[] {
  const trained = new Set(parameters);
  const all = traceableLayers(graphOf(model)).filter(({ weight }) => trained.has(weight));
  // A frozen bias does not change, so there is nothing of it to log.
  const layers = all.map((layer) =>
    layer.bias !== undefined && !trained.has(layer.bias) ? { ...layer, bias: undefined } : layer,
  );
  return shareUpdates(wanted ? findLayers(layers, wanted) : layers);
}

/** Layers with the same weight and bias have one update, which is logged once, under the name of the first. */
function shareUpdates(layers: readonly TraceableLayer[]): LoggedWeights[] {
  const byTensors = new Map<string, LoggedWeights>();
  for (const layer of layers) {
    const { name, op, weight, bias } = layer;
    const tensors = bias === undefined ? [weight] : [weight, bias];
    const key = JSON.stringify(tensors);
    const first = byTensors.get(key);
    const shared = first && { ...first, uses: [...first.uses, name] };
    byTensors.set(key, shared ?? { name, op, tensors, uses: [], matrix: matrixOf(layer) });
  }
  return [...byTensors.values()];
}

function matrixOf({
  op,
  weightDims,
  input,
  axis,
  transposed,
  contraction,
  nodes,
}: TraceableLayer): MatrixWeight | undefined {
  const isMatrix = weightDims.length === 2 && !contraction && (op === 'Gemm' || op === 'MatMul');
  const isPlainConv = op === 'Conv' && intAttribute(nodes[0]!, 'group', 1) === 1;
  const convolution = isPlainConv ? nodes[0]! : undefined;
  return isMatrix || isPlainConv ? { input, axis, transposed, convolution } : undefined;
}

/**
 * What is left of the weights that a step changes: scale, shift and running statistics of batch norms, embeddings, slopes.
 * @param carried names of all weights that a step changes
 * @param traced the columns that there are already
 * @returns a column for each node that reads some, each weight in the first one's, in the order of the node's operands
 */
export function untracedColumns(
  model: Model,
  carried: readonly string[],
  traced: readonly LoggedWeights[],
): LoggedWeights[] {
  const left = new Set(carried);
  for (const { tensors } of traced) for (const tensor of tensors) left.delete(tensor);
  const taken = new Set(traced.flatMap(({ name, uses }) => [name, ...uses]));
  const columns: LoggedWeights[] = [];
  for (const node of graphOf(model).node) {
    const tensors = [...new Set(valuesReadBy(node))].filter((name) => left.delete(name));
    if (tensors.length === 0) continue;
    const name = freeName([node.name || node.output[0]!, ...tensors], taken);
    taken.add(name);
    columns.push({ name, op: node.opType, tensors, uses: [] });
  }
  if (left.size > 0) throw new Error(`internal: no node reads ${[...left].join(', ')}, which training changes`);
  return columns;
}

/** The first name that is not taken, or else the first with a number. */
function freeName(names: readonly string[], taken: ReadonlySet<string>): string {
  const free = names.find((name) => !taken.has(name));
  for (let n = 2; free === undefined; n++) if (!taken.has(`${names[0]} ${n}`)) return `${names[0]} ${n}`;
  return free;
}
