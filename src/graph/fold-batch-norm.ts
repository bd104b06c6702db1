/** Folds batch normalisation in its inference form into the linear layer before it. */
import { floatAttribute, intAttribute, makeAttribute } from '../onnx/attributes.js';
import { cloneModel } from '../onnx/codec.js';
import { graphOf, type Graph, type Model, type Node } from '../onnx/model.js';
import { decodeTensor, encodeTensor } from '../onnx/tensor-proto.js';
import { valuesReadBy } from '../onnx/validate.js';
import type { Tensor } from '../tensor.js';
import { makeNode } from './builder.js';
import { dropDead } from './drop-dead.js';
import { nameMaker, type NameMaker } from './rewrite.js';
import { table } from '../table.js';

/** What folding needs to know of a graph. */
interface FoldContext {
  readonly graph: Graph;
  readonly fresh: NameMaker;
  /** The node that computes a value. */
  readonly producer: Map<string, Node>;
  /** How many nodes and outputs read a value. */
  readonly readers: ReadonlyMap<string, number>;
  readonly rankOf: (value: string) => number | undefined;
  /** A stored float32 or float64 tensor. */
  readonly weight: (name: string | undefined) => Tensor<'float32'> | undefined;
}

/** A linear operator, and the output channel that each element of its weight belongs to. */
interface Linear {
  /** Place of the weight and the bias among the inputs. */
  readonly weight: number;
  readonly bias: number;
  channelOf(node: Node, dims: readonly number[]): (element: number) => number;
}

const inner = (dims: readonly number[], from: number) => dims.slice(from).reduce((product, dim) => product * dim, 1);

const LINEAR = table<Linear>({
  Conv: {
    weight: 1,
    bias: 2,
    channelOf: (_, dims) => {
      const size = inner(dims, 1);
      return (element) => Math.floor(element / size);
    },
  },
  ConvTranspose: {
    weight: 1,
    bias: 2,
    // [inputs, outputs of a group, …]: an input channel leads to the outputs of its group.
    channelOf: (node, dims) => {
      const [inputs, outputs] = dims as [number, number];
      const inputsOfGroup = inputs / intAttribute(node, 'group', 1);
      const size = inner(dims, 2);
      return (element) => {
        const input = Math.floor(element / (outputs * size));
        return Math.floor(input / inputsOfGroup) * outputs + (Math.floor(element / size) % outputs);
      };
    },
  },
  Gemm: {
    weight: 1,
    bias: 2,
    channelOf: (node, dims) =>
      intAttribute(node, 'transB', 0) === 1
        ? (element) => Math.floor(element / dims[1]!)
        : (element) => element % dims[1]!,
  },
  MatMul: { weight: 1, bias: -1, channelOf: (_, dims) => (element) => element % dims[1]! },
});

/**
 * The model with each BatchNormalization in inference form that follows a Conv, ConvTranspose, Gemm or MatMul (with or
 * without an Add of a bias) folded into that layer's weight and bias: W' = W·s, b' = (b − mean)·s + shift with
 * s = scale / √(variance + ε), computed in float64 and rounded once. Names of weights stay; what others share is copied.
 * @param rankOf number of dimensions of a value; after MatMul the channels are found only where it is known to be 2. By
 *   default what the model declares.
 */
export function foldBatchNorm(model: Model, rankOf?: (value: string) => number | undefined): Model {
  const folded = cloneModel(model);
  const graph = graphOf(folded);
  const surroundings = surroundingsOf(folded, rankOf);
  for (const norm of [...graph.node]) if (norm.opType === 'BatchNormalization') fold(norm, surroundings);
  return dropDead(folded);
}

function surroundingsOf(model: Model, rankOf?: (value: string) => number | undefined): FoldContext {
  const graph = graphOf(model);
  const producer = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const readers = new Map<string, number>();
  for (const name of [...graph.node.flatMap(valuesReadBy), ...graph.output.map((output) => output.name)]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const declared = new Map(
    [...graph.input, ...graph.valueInfo, ...graph.output].map(({ name, type }) => [
      name,
      type?.tensorType?.shape?.dim.length,
    ]),
  );
  return {
    graph,
    fresh: nameMaker(model),
    producer,
    readers,
    rankOf: rankOf ?? ((value) => declared.get(value)),
    weight: (name) => {
      const found = graph.initializer.find((stored) => stored.name === name);
      const tensor = found && decodeTensor(found);
      return tensor?.type === 'float32' || tensor?.type === 'float64' ? (tensor as Tensor<'float32'>) : undefined;
    },
  };
}

function fold(norm: Node, around: FoldContext): void {
  const { graph, producer, readers, rankOf, weight } = around;
  if (intAttribute(norm, 'training_mode', 0) === 1 || norm.output.slice(1).some((name) => name !== '')) return;
  const [scale, shift, mean, variance] = norm.input.slice(1).map(weight);
  if (!scale || !shift || !mean || !variance) return;
  const onlyReader = (name: string) => readers.get(name) === 1;

  const before = producer.get(norm.input[0]!);
  if (!before || !onlyReader(norm.input[0]!)) return;
  // A MatMul may have its bias added by a node of its own.
  const add = before.opType === 'Add' ? before : undefined;
  const product = add?.input.find((name) => producer.get(name)?.opType === 'MatMul');
  const node = add ? producer.get(product ?? '') : before;
  const linear = node && LINEAR[node.opType];
  if (!node || !linear || (add && !onlyReader(product!))) return;
  if (node.opType === 'MatMul' && rankOf(node.output[0]!) !== 2) return;

  const weightName = node.input[linear.weight]!;
  const named = add ? add.input.find((name) => name !== product) : node.input[linear.bias];
  const biasName = named === '' ? undefined : named;
  const w = weight(weightName);
  const b = biasName ? weight(biasName) : undefined;
  if (!w || (biasName && b?.data.length !== scale.data.length) || (node.opType === 'MatMul' && w.dims.length !== 2)) {
    return;
  }

  const epsilon = floatAttribute(norm, 'epsilon', 1e-5);
  const factor = Array.from(scale.data, (value, c) => value / Math.sqrt(variance.data[c]! + epsilon));
  const beta = node.opType === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
  const channelOf = linear.channelOf(node, w.dims);
  const newWeight = { ...w, data: w.data.map((value, i) => value * factor[channelOf(i)]!) };
  const newBias = {
    ...scale,
    data: scale.data.map((_, c) => (beta * (b?.data[c] ?? 0) - mean.data[c]!) * factor[c]! + shift.data[c]!),
  };

  node.input[linear.weight] = replaceWeight(around, weightName, newWeight);
  const bias = replaceWeight(around, biasName ?? norm.input[2]!, newBias);
  if (beta !== 1) {
    node.attribute = [...node.attribute.filter(({ name }) => name !== 'beta'), makeAttribute('beta', { float: 1 })];
  }
  const output = norm.output[0]!;
  producer.set(output, add ?? node);
  if (add) {
    add.input = [product!, bias];
    add.output = [output];
    graph.node.splice(graph.node.indexOf(norm), 1);
  } else if (node.opType === 'MatMul') {
    const sum = makeNode('Add', [node.output[0]!, bias], [output]);
    sum.name = norm.name;
    producer.set(output, sum);
    graph.node.splice(graph.node.indexOf(norm), 1, sum);
  } else {
    node.input[linear.bias] = bias;
    node.output = [output];
    graph.node.splice(graph.node.indexOf(norm), 1);
  }
}

/** Stores a new value under the weight's name, or under a new one where others read the weight too. */
function replaceWeight({ graph, readers, fresh }: FoldContext, name: string, tensor: Tensor): string {
  if (readers.get(name) !== 1) {
    const copy = fresh(`${name}_folded`);
    graph.initializer.push(encodeTensor(copy, tensor));
    return copy;
  }
  const place = graph.initializer.findIndex((stored) => stored.name === name);
  graph.initializer[place] = encodeTensor(name, tensor);
  return name;
}
