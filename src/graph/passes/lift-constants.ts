/** Makes weights of constants that stand in nodes, so that there is one place where stored numbers are found. */
import { InputError } from '../../errors.js';
import { cloneModel } from '../../onnx/codec.js';
import {
  graphOf,
  isStandardDomain,
  nodeLabel,
  onnx,
  type Attribute,
  type Model,
  type Node,
  type StoredTensor,
} from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { float32, int64 } from '../../tensor.js';
import { toNumber } from '../../onnx/model.js';
import { table } from '../../table.js';

/**
 * The model with the Constant nodes of its main graph turned into weights of the same names. Those in nested graphs
 * stay: a name there need not be unique.
 * @throws InputError for a sparse constant
 */
export function liftConstants(model: Model): Model {
  const lifted = cloneModel(model);
  const graph = graphOf(lifted);
  graph.node = graph.node.filter((node) => {
    if (node.opType !== 'Constant' || !isStandardDomain(node.domain)) return true;
    graph.initializer.push(storedValue(node));
    return false;
  });
  return lifted;
}

function storedValue(node: Node): StoredTensor {
  const [attribute] = node.attribute;
  const name = node.output[0]!;
  const convert = attribute && VALUES[attribute.name];
  if (!convert) {
    const what = attribute ? `"${attribute.name}" is not supported` : 'it has no value';
    throw new InputError(`constant ${nodeLabel(node)}: ${what}; export the model with dense constants`);
  }
  const stored = convert(attribute, name);
  stored.name = name;
  return stored;
}

/** The attributes that a Constant node may carry its value in. */
const VALUES = table<(attribute: Attribute, name: string) => StoredTensor>({
  value: ({ t }) => new onnx.TensorProto(t ?? {}),
  value_float: ({ f }, name) => encodeTensor(name, float32([f], [])),
  value_floats: ({ floats }, name) => encodeTensor(name, float32(floats)),
  value_int: ({ i }, name) => encodeTensor(name, int64([toNumber(i)], [])),
  value_ints: ({ ints }, name) => encodeTensor(name, int64(ints.map((value) => toNumber(value)))),
  value_string: ({ s }, name) => strings(name, [s], []),
  value_strings: ({ strings: values }, name) => strings(name, values, [values.length]),
});

function strings(name: string, stringData: Uint8Array[], dims: number[]): StoredTensor {
  return new onnx.TensorProto({ name, dims, dataType: onnx.TensorProto.DataType.STRING, stringData });
}
