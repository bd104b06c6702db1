/** Brings models in half precision to float32, in which they are trained and explained. */
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, onnx, toNumber, type Attribute, type Graph, type Model } from '../../onnx/model.js';
import { decodeTensor, encodeTensor } from '../../onnx/tensor-proto.js';
import { fromBfloat16, fromFloat16 } from '../../numeric/float16.js';
import type { Tensor } from '../../tensor.js';
import { graphsIn, nodesIn } from '../rewrite.js';

const { FLOAT, FLOAT16, BFLOAT16 } = onnx.TensorProto.DataType;

/** How the bits of each half-precision type become a number. */
const WIDEN: Readonly<Record<number, (bits: number) => number>> = { [FLOAT16]: fromFloat16, [BFLOAT16]: fromBfloat16 };

const isHalf = (code: number | null | undefined) => code === FLOAT16 || code === BFLOAT16;

/** Attributes that name an element type. */
const TYPE_ATTRIBUTES = new Set(['to', 'dtype', 'output_dtype', 'stash_type', 'softmax_precision']);

/**
 * The model with float32 in place of float16 and bfloat16: weights and constants (exactly, both are subsets of float32),
 * inputs and outputs, the targets of conversions. Updates as small as training makes them would be lost in half precision,
 * and ONNX Runtime computes float16 on a CPU by converting back and forth.
 */
export function widenFloats(model: Model): Model {
  if (!holdsHalves(model)) return model;
  const wide = cloneModel(model);
  for (const graph of graphsIn(graphOf(wide))) widenGraph(graph);
  for (const body of wide.functions) for (const info of body.valueInfo) widenInfo(info);
  for (const node of nodesIn(wide)) node.attribute = node.attribute.map(widenAttribute);
  return wide;
}

function holdsHalves(model: Model): boolean {
  for (const graph of graphsIn(graphOf(model))) {
    if (graph.initializer.some(({ dataType }) => isHalf(dataType))) return true;
    if ([...graph.input, ...graph.output].some(({ type }) => isHalf(type?.tensorType?.elemType))) return true;
  }
  for (const { attribute } of nodesIn(model)) if (attribute.some(namesHalf)) return true;
  return false;
}

const namesHalf = ({ name, i, t }: Attribute) =>
  (TYPE_ATTRIBUTES.has(name) && isHalf(toNumber(i))) || (t !== null && t !== undefined && isHalf(t.dataType));

function widenGraph(graph: Graph): void {
  graph.initializer = graph.initializer.map(widenTensor);
  for (const info of [...graph.input, ...graph.output, ...graph.valueInfo]) widenInfo(info);
}

function widenInfo({ type }: onnx.ValueInfoProto): void {
  if (type?.tensorType && isHalf(type.tensorType.elemType)) type.tensorType.elemType = FLOAT;
}

function widenAttribute(attribute: Attribute): Attribute {
  if (TYPE_ATTRIBUTES.has(attribute.name) && isHalf(toNumber(attribute.i))) {
    return new onnx.AttributeProto({ ...attribute, i: FLOAT });
  }
  if (attribute.t && isHalf(attribute.t.dataType)) {
    return new onnx.AttributeProto({ ...attribute, t: widenTensor(attribute.t) });
  }
  return attribute;
}

function widenTensor(stored: onnx.TensorProto): onnx.TensorProto {
  const widen = WIDEN[stored.dataType];
  if (!widen) return stored;
  const { dims, data } = decodeTensor(stored) as Tensor<'float16'>;
  const wide = encodeTensor(stored.name, { type: 'float32', dims, data: Float32Array.from(data, widen) });
  wide.metadataProps = stored.metadataProps;
  return wide;
}
