/** Integer arithmetic written out in floating point, so that a quantised model can be differentiated. */
import { makeNode } from '../../graph/builder.js';
import { nameMaker, replaceNodes } from '../../graph/rewrite.js';
import { cloneModel } from '../../onnx/codec.js';
import { elementTypeCode } from '../../onnx/element-type.js';
import { graphOf, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { float32 } from '../../tensor.js';
import { table } from '../../table.js';

/** The floating-point twin of each integer operator. */
const INTEGER = table<string>({ ConvInteger: 'Conv', MatMulInteger: 'MatMul' });

/**
 * The model with dynamically quantised layers in floating point. DynamicQuantizeLinear hands its input on, with scale 1
 * and zero point 0; ConvInteger and MatMulInteger multiply with the weight minus its zero point. What is left is the
 * model with its quantised weights and unrounded activations, the straight-through view of quantisation.
 */
export function withoutQuantization(model: Model): Model {
  const isQuantized = graphOf(model).node.some(({ opType }) => opType in INTEGER || opType === 'DynamicQuantizeLinear');
  if (!isQuantized) return model;
  const wide = cloneModel(model);
  const fresh = nameMaker(wide);
  const graph = graphOf(wide);
  const [one, zero] = [fresh('one'), fresh('zero')];
  graph.initializer.push(encodeTensor(one, float32([1], [])), encodeTensor(zero, float32([0], [])));
  const toFloat = (name: string, nodes: Node[]) => {
    const output = fresh(`${name}_float`);
    nodes.push(makeNode('Cast', [name], [output], { to: elementTypeCode('float32') }));
    return output;
  };
  /** Values that are floating point already. */
  const handedOn = new Map<string, { readonly zeroPoint: string }>();
  for (const node of graph.node) {
    if (node.opType === 'DynamicQuantizeLinear') handedOn.set(node.output[0]!, { zeroPoint: node.output[2]! });
  }
  const asFloat = (name: string, zeroPoint: string | undefined, nodes: Node[]) => {
    if (handedOn.get(name)?.zeroPoint === zeroPoint && zeroPoint) return name;
    const value = toFloat(name, nodes);
    if (!zeroPoint) return value;
    const difference = fresh(`${name}_centred`);
    nodes.push(makeNode('Sub', [value, toFloat(zeroPoint, nodes)], [difference]));
    return difference;
  };
  replaceNodes(wide, (node) => {
    if (node.opType === 'DynamicQuantizeLinear') {
      const [value, scale, zeroPoint] = node.output as [string, string, string];
      return [
        makeNode('Identity', [node.input[0]!], [value]),
        makeNode('Identity', [one], [scale]),
        makeNode('Identity', [zero], [zeroPoint]),
      ];
    }
    if (node.opType === 'DequantizeLinear' && handedOn.has(node.input[0]!)) {
      return [makeNode('Identity', [node.input[0]!], [node.output[0]!])];
    }
    const twin = INTEGER[node.opType];
    if (twin === undefined) return [node];
    const nodes: Node[] = [];
    const [a, b, zeroA, zeroB] = node.input as [string, string, string | undefined, string | undefined];
    const result = makeNode(twin, [asFloat(a, zeroA, nodes), asFloat(b, zeroB, nodes)], [node.output[0]!]);
    result.attribute = node.attribute;
    return [...nodes, result];
  });
  graph.valueInfo = [];
  return wide;
}
