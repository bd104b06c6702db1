/** The linear layer that is explained: the last one of a classifier, or a hidden one before a ReLU. */
import type { Classifier } from '../../classifier/classifier.js';
import { InputError } from '../../errors.js';
import { findLayers, traceableLayers, type TraceableLayer } from '../../graph/layers.js';
import type { Values } from '../../graph/values.js';
import { graphOf, nodeLabel, type Graph } from '../../onnx/model.js';
import { decodeTensor } from '../../onnx/tensor-proto.js';
import { valuesReadBy } from '../../onnx/validate.js';
import { elementCount } from '../../tensor.js';
import type { ActivationName } from './losses/registry.js';
import type { FlatWeights } from './fit/objective.js';

/** A linear layer Φ = Θ f, and what the model does with Φ. */
export interface ExplainedLayer {
  readonly layer: TraceableLayer;
  /** σ: what follows the layer. */
  readonly activation: ActivationName;
  /** Whether Φ are the class scores. */
  readonly isLast: boolean;
  /** Size of f. */
  readonly columns: number;
  /** Size of Φ. */
  readonly outputs: number;
  readonly bias: boolean;
  /** Θ of the given model. */
  readonly weights: FlatWeights;
}

/** Operators that hand values on, at most in another shape. */
const FORWARDING = new Set(['Identity', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Dropout', 'Cast']);

/**
 * Finds the layer in a classifier.
 * @param wanted name, weight or number of a layer; the last one by default
 * @param place what messages call the model
 * @throws InputError when the model does not end in a linear layer, or the layer asked for cannot be explained
 */
export function explainedLayer(
  { model, values, scores: read, activation }: Classifier,
  wanted: string | undefined,
  place: string,
): ExplainedLayer {
  const graph = graphOf(model);
  const scores = withoutForwarding(graph, read);
  const layers = traceableLayers(graph);
  const layer = wanted === undefined ? lastLayer(graph, layers, scores, place) : findLayers(layers, [wanted])[0]!;
  const isLast = layer.preActivation === scores;
  const outputs = sizeOf(values, layer.preActivation);
  if (
    layer.op === 'ConvTranspose' ||
    layer.contraction !== undefined ||
    outputs !== layer.rows ||
    sizeOf(values, layer.input) !== layer.columns
  ) {
    throw new InputError(
      `${place}: layer "${layer.name}" (${layer.op}) is applied at many positions of an example; ` +
        'representer points need one that is applied once: choose another with `layer` (see onnx-explain inspect)',
    );
  }
  return {
    layer,
    isLast,
    activation: isLast ? lossActivation(activation, outputs) : hiddenActivation(graph, layer, place),
    columns: layer.columns,
    outputs,
    bias: layer.bias !== undefined,
    weights: weightsOf(graph, layer, place),
  };
}

function lastLayer(graph: Graph, layers: readonly TraceableLayer[], scores: string, place: string): TraceableLayer {
  const layer = layers.find(({ preActivation }) => preActivation === scores);
  if (layer) return layer;
  const end = graph.node.find(({ output }) => output.includes(scores));
  throw new InputError(
    `${place}: ends in ${end ? `node ${nodeLabel(end)}` : `its input "${scores}"`}, not in a linear layer with stored ` +
      'weights, which representer points need; choose a layer with `layer` (see onnx-explain inspect)',
  );
}

/** The value itself, before nodes that only hand it on. */
function withoutForwarding(graph: Graph, value: string): string {
  const producer = graph.node.find(({ output }) => output.includes(value));
  return producer && FORWARDING.has(producer.opType) ? withoutForwarding(graph, producer.input[0]!) : value;
}

/** Elements of a value for one example. */
function sizeOf(values: Values, name: string): number {
  const [, ...dims] = values.of(name).dims;
  return dims.every((dim) => typeof dim === 'number') ? elementCount(dims) : NaN;
}

/** σ of the fit: what the class scores are put through; a softmax where the model gives scores. */
export function lossActivation(activation: Classifier['activation'], outputs: number): ActivationName {
  return activation === 'sigmoid' || outputs === 1 ? 'sigmoid' : 'softmax';
}

function hiddenActivation(graph: Graph, layer: TraceableLayer, place: string): ActivationName {
  const reached = new Set([layer.preActivation]);
  const readers = graph.node.filter((node) => {
    if (!valuesReadBy(node).some((name) => reached.has(name))) return false;
    if (FORWARDING.has(node.opType)) reached.add(node.output[0]!);
    return !FORWARDING.has(node.opType);
  });
  if (readers.length > 0 && readers.every(({ opType }) => opType === 'Relu')) return 'relu';
  const followers = readers.map(nodeLabel).join(', ') || 'nothing';
  throw new InputError(
    `${place}: layer "${layer.name}" is followed by ${followers}; a hidden layer can be explained where a Relu follows it`,
  );
}

function weightsOf(graph: Graph, layer: TraceableLayer, place: string): FlatWeights {
  const stored = (name: string): ArrayLike<number> => {
    const tensor = decodeTensor(graph.initializer.find((candidate) => candidate.name === name)!);
    if (tensor.type === 'float32' || tensor.type === 'float64') return tensor.data as Float32Array;
    throw new InputError(`${place}: weight "${name}" is ${tensor.type}; export the model in float32`);
  };
  const { rows, columns, transposed, weight, bias } = layer;
  const matrix = stored(weight);
  const flat = new Float64Array(rows * columns + (bias === undefined ? 0 : rows));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      flat[row * columns + column] = matrix[transposed ? column * rows + row : row * columns + column]!;
    }
  }
  if (bias !== undefined) flat.set(stored(bias), rows * columns);
  return flat;
}
