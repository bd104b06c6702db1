/** Building graphs: nodes by operator name, constants by value, value names made up on the way. */
import { makeAttribute, type AttributeValue } from '../onnx/attributes.js';
import { elementTypeCode } from '../onnx/element-type.js';
import { makeModel } from '../onnx/codec.js';
import { onnx, type Graph, type Model, type Node, type StoredTensor } from '../onnx/model.js';
import { encodeTensor } from '../onnx/tensor-proto.js';
import { float32, float64, int64, type ElementType, type Tensor } from '../tensor.js';

/** A dimension: a size, or a name for one that is known only when the graph runs. */
export type Dim = number | string;

/** Operator set that our own graphs are written in: it has ScatterElements with `add` and reductions with axes inputs. */
export const BUILD_OPSET = 18;

/** Attributes of a node to be made. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** Builds one graph. Names of values are strings; `''` stands for an omitted optional input. */
export class GraphBuilder {
  readonly graph: Graph;
  readonly opset: number;
  private readonly taken = new Set<string>();
  private readonly constants = new Map<string, string>();
  private readonly prefix: string;
  private counter = 0;

  /**
   * @param prefix put before every made-up name: nested graphs share one name space with what surrounds them
   */
  constructor(options: { readonly opset?: number; readonly name?: string; readonly prefix?: string } = {}) {
    this.opset = options.opset ?? BUILD_OPSET;
    this.prefix = options.prefix ?? '';
    this.graph = new onnx.GraphProto({ name: options.name ?? 'graph' });
  }

  /** Keeps a name from being made up; call it for names that come from elsewhere. */
  reserve(name: string): string {
    this.taken.add(name);
    return name;
  }

  /** A value name that nothing has yet, readable by its hint. */
  fresh(hint: string): string {
    let name: string;
    do name = `${this.prefix}${hint}_${this.counter++}`;
    while (this.taken.has(name));
    return this.reserve(name);
  }

  /** Declares a graph input. */
  input(name: string, type: ElementType, dims?: readonly Dim[]): string {
    this.graph.input.push(valueInfo(name, type, dims));
    return this.reserve(name);
  }

  /** Declares a graph output. ONNX Runtime infers the shape itself where none is given. */
  output(name: string, type: ElementType, dims?: readonly Dim[]): string {
    this.graph.output.push(valueInfo(name, type, dims));
    return name;
  }

  /** Adds a node with one output. */
  op(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(opType, inputs, attributes, 1)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(opType: string, inputs: readonly string[], attributes: Attributes, outputs: number): string[] {
    const names = Array.from({ length: outputs }, () => this.fresh(opType));
    this.add(makeNode(opType, inputs, names, attributes));
    return names;
  }

  /** Gives a value a second, chosen name. */
  rename(value: string, name: string): string {
    this.add(makeNode('Identity', [value], [this.reserve(name)]));
    return name;
  }

  /** Adds a node as it is. */
  add(node: Node): void {
    this.graph.node.push(node);
  }

  /** A constant under a chosen name. */
  initializer(name: string, tensor: Tensor): string {
    return this.store(encodeTensor(name, tensor));
  }

  /** A constant as it is stored elsewhere, under its name. */
  store(stored: StoredTensor): string {
    this.graph.initializer.push(stored);
    return this.reserve(stored.name);
  }

  /** A constant; small equal ones are stored once. */
  constant(tensor: Tensor): string {
    const key = tensor.data.length <= 16 ? `${tensor.type}[${tensor.dims.join()}]${tensor.data.join()}` : undefined;
    const existing = key === undefined ? undefined : this.constants.get(key);
    if (existing !== undefined) return existing;
    const name = this.initializer(this.fresh('constant'), tensor);
    if (key !== undefined) this.constants.set(key, name);
    return name;
  }

  /** A scalar constant of a floating-point type. */
  scalar(value: number, type: ElementType = 'float32'): string {
    return this.constant(type === 'float64' ? float64([value], []) : float32([value], []));
  }

  /** A one-dimensional int64 constant (axes, shapes, indices). */
  ints(values: readonly number[]): string {
    return this.constant(int64(values));
  }

  /** A model around the graph. */
  model(): Model {
    return makeModel(this.graph, this.opset);
  }
}

/** Makes a node. Attributes that are undefined are left out. */
export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Attributes = {},
): Node {
  const attribute = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [makeAttribute(name, value)],
  );
  return new onnx.NodeProto({ opType, input: [...input], output: [...output], name: output[0] ?? '', attribute });
}

/** Makes the declaration of a graph input or output; without `dims` the rank is left open. */
export function valueInfo(name: string, type: ElementType, dims?: readonly Dim[]): onnx.ValueInfoProto {
  const dim = dims?.map(
    (size) => new onnx.TensorShapeProto.Dimension(typeof size === 'number' ? { dimValue: size } : { dimParam: size }),
  );
  return new onnx.ValueInfoProto({
    name,
    type: new onnx.TypeProto({
      tensorType: new onnx.TypeProto.Tensor({
        elemType: elementTypeCode(type),
        shape: dim && new onnx.TensorShapeProto({ dim }),
      }),
    }),
  });
}

/** Dimensions as a value: numbers, and values of one or several whole numbers. */
export function dimsOf(g: GraphBuilder, ...dims: readonly (number | string)[]): string {
  const parts: string[] = [];
  let numbers: number[] = [];
  const end = () => {
    if (numbers.length > 0) parts.push(g.ints(numbers));
    numbers = [];
  };
  for (const dim of dims) {
    if (typeof dim === 'number') numbers.push(dim);
    else {
      end();
      parts.push(dim);
    }
  }
  end();
  return parts.length === 1 ? parts[0]! : g.op('Concat', parts, { axis: 0 });
}

/** A product of sizes. */
export function timesOf(g: GraphBuilder, ...sizes: readonly string[]): string {
  return sizes.reduce((product, size) => g.op('Mul', [product, size]));
}

/** A size of a value. */
export function sizeOf(g: GraphBuilder, value: string, axis: number): string {
  return g.op('Shape', [value], { start: axis, end: axis + 1 });
}
