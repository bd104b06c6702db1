/** Turns what an export in training mode does at random, or from the batch, into what the model does in use. */
import { intAttribute } from '../../onnx/attributes.js';
import { cloneModel } from '../../onnx/codec.js';
import { isStandardDomain, graphOf, type Model, type Node } from '../../onnx/model.js';
import { valuesReadBy } from '../../onnx/validate.js';
import { makeNode } from '../builder.js';
import { RANDOM } from './fold-constants.js';
import { dropDead } from '../drop-dead.js';
import { nameMaker, replaceNodes, type NameMaker } from '../rewrite.js';
import { table } from '../../table.js';

/** Rewrites one node into its inference form; nodes that have none stay. */
type InUse = (node: Node, fresh: NameMaker) => Node[];

const IN_USE = table<InUse>({ BatchNormalization: batchNormalization, Dropout: dropout });

/**
 * The model in inference form: BatchNormalization takes its running statistics (which it hands on unchanged, where the
 * export gives them out), Dropout keeps everything, and a random factor is 1, as it is on average (Dropout2d,
 * stochastic depth). Training puts its own batch norm and its own dropout into their places, whatever an export had.
 */
export function inferenceForm(model: Model): Model {
  if (!graphOf(model).node.some(mayTrain)) return model;
  const settled = cloneModel(model);
  const fresh = nameMaker(settled);
  replaceNodes(settled, (node) =>
    isStandardDomain(node.domain) ? (IN_USE[node.opType]?.(node, fresh) ?? [node]) : [node],
  );
  dropRandomFactors(settled);
  return dropDead(settled);
}

const mayTrain = ({ opType, domain }: Node) => isStandardDomain(domain) && (opType in IN_USE || RANDOM.has(opType));

function batchNormalization(node: Node, fresh: NameMaker): Node[] {
  if (intAttribute(node, 'training_mode', 0) === 0) return [node];
  node.attribute = node.attribute.filter(({ name }) => name !== 'training_mode');
  const statistics = [1, 2].flatMap((output) => {
    const name = node.output[output];
    if (!name) return [];
    const unchanged = makeNode('Identity', [node.input[output + 2]!], [name]);
    unchanged.name = fresh(`${name}/unchanged`);
    return [unchanged];
  });
  node.output = node.output.slice(0, 1);
  return [node, ...statistics];
}

function dropout(node: Node): Node[] {
  node.input = node.input.slice(0, 2);
  return [node];
}

/** A product with something random becomes the other factor; what is random follows from no input and no weight. */
function dropRandomFactors(model: Model): void {
  const graph = graphOf(model);
  const random = new Set<string>();
  const settled = new Set<string>(graph.initializer.map(({ name }) => name));
  graph.node = graph.node.map((node) => {
    const read = valuesReadBy(node);
    const draws = RANDOM.has(node.opType);
    if (
      draws ||
      (read.some((name) => random.has(name)) && read.every((name) => random.has(name) || settled.has(name)))
    ) {
      for (const name of node.output) random.add(name);
      return node;
    }
    if (node.opType === 'Constant' || node.opType === 'Shape') for (const name of node.output) settled.add(name);
    const kept = node.input.filter((name) => !random.has(name));
    if (node.opType !== 'Mul' || kept.length !== 1) return node;
    const identity = makeNode('Identity', kept, node.output);
    identity.name = node.name;
    return identity;
  });
}
