/** Writes operators of the domain ai.onnx.ml, as scikit-learn's pipelines are exported, in standard operators. */
import { cloneModel } from '../../onnx/codec.js';
import { graphOf, type Model, type Node } from '../../onnx/model.js';
import { encodeTensor } from '../../onnx/tensor-proto.js';
import { makeNode, valueInfo } from '../builder.js';
import { linearClassifier } from './ml/linear-classifier.js';
import type { MlRewrite } from './ml/ml-operator.js';
import { normalizer } from './ml/normalizer.js';
import { scaler } from './ml/scaler.js';
import { zipMap } from './ml/zip-map.js';
import { nameMaker } from '../rewrite.js';
import { table } from '../../table.js';

const DOMAIN = 'ai.onnx.ml';

/** The operators that are rewritten. To add one: a file in `ml/`, and a line here. */
const REWRITES = table<MlRewrite>({
  LinearClassifier: linearClassifier,
  Normalizer: normalizer,
  Scaler: scaler,
  ZipMap: zipMap,
});

/**
 * The model with the operators of ai.onnx.ml that standard ones can stand for replaced by these, so that their numbers
 * are weights that can be trained and traced. Dictionaries that it gives out become the probabilities in them. The model
 * must be in our operator set (see `upgrade-opset.ts`).
 */
export function standardMl(model: Model): Model {
  if (!graphOf(model).node.some(isRewritten)) return model;
  const written = cloneModel(model);
  const graph = graphOf(written);
  const fresh = nameMaker(written);
  const producers = new Map<string, string>();
  graph.node = graph.node.flatMap((node) => {
    const nodes = isRewritten(node) ? standardNodes(node) : undefined;
    for (const each of nodes ?? [node]) for (const name of each.output) producers.set(name, each.opType);
    return nodes ?? [node];
  });
  return written;

  function standardNodes(node: Node): Node[] | undefined {
    const nodes: Node[] = [];
    const prefix = node.name === '' ? node.output.find((name) => name !== '')! : node.name;
    const done = REWRITES[node.opType]!({
      node,
      emit: (op, inputs, { name, hint }, attributes = {}) => {
        const output = name ?? fresh(`${prefix}/${hint}`);
        const added = makeNode(op, inputs, [output], attributes);
        // The node itself may have its output's name.
        if (name !== undefined) added.name = fresh(`${prefix}/${op}`);
        nodes.push(added);
        return output;
      },
      store: (tensor, hint) => {
        const name = fresh(`${prefix}.${hint}`);
        graph.initializer.push(encodeTensor(name, tensor));
        return name;
      },
      producerOf: (value) => producers.get(value),
      declareOutput: (value, type) => {
        graph.output = graph.output.map((output) => (output.name === value ? valueInfo(value, type) : output));
      },
    });
    return done ? nodes : undefined;
  }
}

/** All of them have one input; a node without it stays for ONNX Runtime to refuse. */
function isRewritten({ domain, opType, input, output }: Node): boolean {
  return domain === DOMAIN && Object.hasOwn(REWRITES, opType) && !!input[0] && output.some((name) => name !== '');
}
