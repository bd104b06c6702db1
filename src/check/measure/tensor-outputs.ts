/** Outputs that are no tensors, brought into ones. */
import { makeNode, valueInfo } from '../../graph/builder.js';
import { replaceNodes } from '../../graph/rewrite.js';
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, type Model, type Node } from '../../onnx/model.js';

/** A model whose dictionaries come out as the rows that they are made of. */
export interface WithTensors {
  readonly model: Model;
  /** Outputs that are dictionaries in the file. */
  readonly maps: ReadonlySet<string>;
}

/**
 * The model with every ZipMap (a dictionary from class to probability for each example, as scikit-learn's classifiers are
 * exported) handing on the rows that it is given. All else stays as it is.
 */
export function withTensorOutputs(model: Model): WithTensors {
  // One without an input or output stays for ONNX Runtime to refuse.
  const isMap = ({ domain, opType, input, output }: Node) =>
    domain === 'ai.onnx.ml' && opType === 'ZipMap' && !!input[0] && !!output[0];
  const maps = new Set(
    graphOf(model)
      .node.filter(isMap)
      .map(({ output }) => output[0]!),
  );
  if (maps.size === 0) return { model, maps };
  const written = cloneModel(model);
  replaceNodes(written, (node) => (isMap(node) ? [makeNode('Identity', [node.input[0]!], [node.output[0]!])] : [node]));
  const graph = graphOf(written);
  graph.output = graph.output.map((output) => (maps.has(output.name) ? valueInfo(output.name, 'float32') : output));
  return { model: written, maps };
}
