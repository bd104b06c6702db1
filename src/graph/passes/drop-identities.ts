/** Removes nodes that hand a value on unchanged. */
import { cloneModel } from '../../onnx/codec.js';
import { isFloatTensor } from '../../onnx/element-type.js';
import { graphOf, isStandardDomain, onnx, type Model, type StoredTensor } from '../../onnx/model.js';
import { decodeTensor } from '../../onnx/tensor-proto.js';
import { renameReads } from '../rewrite.js';

/**
 * The model without Identity nodes in its main graph, but for those that name an output. PyTorch's exporter stores
 * weights that are equal only once, which fresh ones are that begin as all ones or all zeros (of two normalisation layers,
 * say): an Identity of such a weight becomes a weight of its own, so that training does not tie them.
 */
export function dropIdentities(model: Model): Model {
  const lean = cloneModel(model);
  const graph = graphOf(lean);
  const outputs = new Set(graph.output.map(({ name }) => name));
  const stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const names = new Map<string, string>();
  graph.node = graph.node.filter((node) => {
    const [input, output] = [node.input[0]!, node.output[0]!];
    if (node.opType !== 'Identity' || !isStandardDomain(node.domain)) return true;
    // The nodes are in topological order: what the input was renamed to is known.
    const source = names.get(input) ?? input;
    const weight = stored.get(source);
    if (weight && (outputs.has(output) || isFresh(weight))) {
      const copy = new onnx.TensorProto({ ...weight, name: output });
      graph.initializer.push(copy);
      stored.set(output, copy);
      return false;
    }
    if (outputs.has(output)) return true;
    names.set(output, source);
    return false;
  });
  renameReads(graph.node, names);
  return lean;
}

/** Whether a weight is floating point with all elements alike. */
function isFresh(weight: StoredTensor): boolean {
  if (!isFloatTensor(weight)) return false;
  const data = decodeTensor(weight).data as Float32Array;
  return data.every((value) => value === data[0]);
}
