/** Ways in which a model file goes wrong: by an exporter's hand, an editor's, or a hostile one's. */
import { decodeModel, encodeModel } from '../../../src/onnx/codec.js';
import { graphOf, type Graph, type Model, type Node } from '../../../src/onnx/model.js';
import type { Random } from '../../../src/numeric/random.js';
import { addFunction, mutateDeclaration, mutateOpset, renameEverything } from './declarations.js';
import { graphsOf } from './graphs.js';
import { insertNode, mutateAttribute, mutateInputs, mutateNodeList, mutateOutputs } from './nodes.js';
import { DOMAINS, OPERATORS, pick } from './odd-values.js';
import { mutateWeight } from './tensors.js';

type Mutation = (model: Model, random: Random) => void;

/** A mutated copy of a model's bytes. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.uniform() < 0.15) return mutateBytes(bytes, random);
  const model = decodeModel(Uint8Array.from(bytes), 'a model of the corpus');
  for (let left = 1 + random.below(3); left > 0; left--) pick(MUTATIONS, random)(model, random);
  const encoded = encodeModel(model);
  return random.uniform() < 0.05 ? mutateBytes(encoded, random) : encoded;
}

const MUTATIONS: readonly Mutation[] = [
  onNode(mutateAttribute),
  onNode(mutateAttribute),
  onNode(mutateAttribute),
  onNode((node, random) => (node.opType = pick(OPERATORS, random))),
  onNode((node, random) => (node.domain = pick(DOMAINS, random))),
  onNode(mutateInputs),
  onNode(mutateInputs),
  onNode(mutateOutputs),
  mutateWeight,
  mutateWeight,
  mutateWeight,
  mutateDeclaration,
  mutateDeclaration,
  mutateNodeList,
  insertNode,
  insertNode,
  mutateOpset,
  renameEverything,
  addFunction,
];

function onNode(change: (node: Node, random: Random, graph: Graph) => unknown): Mutation {
  return (model, random) => {
    const graph = pick([...graphsOf(graphOf(model))], random);
    if (graph.node.length > 0) change(pick(graph.node, random), random, graph);
  };
}

function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const change = random.below(5);
  if (change === 0) return changed.slice(0, random.below(changed.length));
  if (change === 1) return Uint8Array.from([...changed.slice(0, 200), ...changed]);
  for (let left = 1 + random.below(8); left > 0; left--) {
    // Half of them in what stands in front, where structure is more likely than weights.
    const limit = random.uniform() < 0.5 ? Math.min(changed.length, 500) : changed.length;
    changed[random.below(limit)] = random.below(256);
  }
  return changed;
}
