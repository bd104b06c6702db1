/** The same model in fewer bits. */
import { renameReads } from '../../../src/graph/rewrite.js';
import { elementTypeCode, isFloatTensor } from '../../../src/onnx/element-type.js';
import type { Graph, Node } from '../../../src/onnx/model.js';
import { decodeTensor, encodeTensor } from '../../../src/onnx/tensor-proto.js';
import { toFloat16 } from '../../../src/numeric/float16.js';
import { float32, type Tensor } from '../../../src/tensor.js';
import { edit, newNode, nodeOf, weightOf } from './edit.js';

export const float16Copy = edit((graph) => {
  graph.initializer = graph.initializer.map((stored) => {
    if (!isFloatTensor(stored)) return stored;
    const { dims, data } = decodeTensor(stored);
    return encodeTensor(stored.name, {
      type: 'float16',
      dims,
      data: Uint16Array.from(data as Float32Array, toFloat16),
    });
  });
  const [input, output] = [graph.input[0]!.name, graph.output[0]!.name];
  renameReads(graph.node, new Map([[input, `${input}_16`]]));
  const last = nodeOf(graph, output);
  last.output = last.output.map((name) => (name === output ? `${output}_16` : name));
  const [half, full] = (['float16', 'float32'] as const).map(elementTypeCode);
  graph.node.unshift(newNode('Cast', [input], [`${input}_16`], { to: half }));
  graph.node.push(newNode('Cast', [`${output}_16`], [output], { to: full }));
  graph.valueInfo = [];
});

/** Dynamic quantisation: uint8 activations by range, int8 weights with one scale. @param wrong factor on every scale */
export const int8Copy = (wrong = 1) =>
  edit((graph) => {
    graph.node = graph.node.flatMap((node) =>
      ['Conv', 'Gemm'].includes(node.opType) ? quantized(graph, node, wrong) : [node],
    );
    const read = new Set(graph.node.flatMap(({ input }) => input));
    graph.initializer = graph.initializer.filter(({ name }) => read.has(name));
    graph.valueInfo = [];
  });

function quantized(graph: Graph, node: Node, wrong: number): Node[] {
  const [input, weight, bias] = node.input as [string, string, string | undefined];
  const [output] = node.output as [string];
  const { dims, data } = decodeTensor(graph.initializer.find(({ name }) => name === weight)!);
  const values = data as Float32Array;
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  const isGemm = node.opType === 'Gemm';
  const [rows, columns] = dims as [number, number];
  const at = (i: number) => (isGemm ? values[(i % rows) * columns + Math.floor(i / rows)]! : values[i]!);
  const bytes = Int8Array.from(values, (_, i) => Math.round(at(i) / scale));
  const store = (name: string, tensor: Tensor) => {
    graph.initializer.push(encodeTensor(name, tensor));
    return name;
  };
  const stored = store(`${weight}_quantized`, { type: 'int8', dims: isGemm ? [columns, rows] : dims, data: bytes });
  const factor = store(`${weight}_scale`, float32([scale * wrong], []));
  const zero = store(`${weight}_zero`, { type: 'int8', dims: [], data: Int8Array.of(0) });
  const [x, xScale, xZero] = ['quantized', 'scale', 'zero'].map((what) => `${output}_in_${what}`) as [
    string,
    string,
    string,
  ];
  const product = newNode(isGemm ? 'MatMulInteger' : 'ConvInteger', [x, stored, xZero, zero], [`${output}_int`]);
  if (!isGemm) product.attribute = node.attribute;
  const last = bias ? `${output}_scaled` : output;
  const biasDims = isGemm ? undefined : [-1, 1, 1];
  const named = bias && biasDims ? `${bias}_column` : bias;
  if (bias && biasDims) {
    const values = weightOf(graph, bias);
    store(`${bias}_column`, float32(values, [values.length, 1, 1]));
  }
  return [
    newNode('DynamicQuantizeLinear', [input], [x, xScale, xZero]),
    product,
    newNode('Cast', [`${output}_int`], [`${output}_float`], { to: elementTypeCode('float32') }),
    newNode('Mul', [xScale, factor], [`${output}_factor`]),
    newNode('Mul', [`${output}_float`, `${output}_factor`], [last]),
    ...(named ? [newNode('Add', [last, named], [output])] : []),
  ];
}

/** 16 of a float32's 32 bits, as bfloat16 keeps them. */
export const truncated = (data: Float32Array) => {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length).map((word) => word & 0xffff0000);
  return new Float32Array(bits.buffer);
};
