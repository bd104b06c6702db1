/** Layers are called as their author called them, where an exporter gave its nodes names that say less than their weights'. */
import { cloneModel } from '../../onnx/codec.js';
import { rename } from '../../onnx/exported-name.js';
import { graphOf, type Graph, type Model, type Node } from '../../onnx/model.js';
import { linearNodes } from '../layers.js';

/**
 * The model with `conv1` for the node that reads `conv1.weight`, whatever the exporter called it (`/conv1/Conv`, `node_conv2d`).
 * A name that an author may have given stays, as does one whose weight has no telling name, or one that would not be alone.
 */
export function nameLayers(model: Model): Model {
  const names = layerNames(graphOf(model));
  if (names.size === 0) return model;
  const named = cloneModel(model);
  const { node: copies } = graphOf(named);
  graphOf(model).node.forEach((node, i) => {
    if (names.has(node)) rename(copies[i]!, names.get(node)!);
  });
  return named;
}

/** Nodes whose weights, or whose place among the modules of the model, say better what they are, and how they are called by it. */
export function layerNames(graph: Graph): ReadonlyMap<Node, string> {
  const candidates = new Map<Node, string>();
  const telling = tellingNames(graph);
  for (const node of graph.node) {
    const name = isGenerated(node) ? telling(node).find(isTelling) : undefined;
    if (name !== undefined && name !== node.name) candidates.set(node, name);
  }
  const uses = new Map<string, number>();
  const count = (name: string) => uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of graph.node) {
    const own = candidates.get(node);
    if (own !== undefined) count(own);
    // Nodes without a name go by their output's, and users may name any by it.
    for (const name of new Set([node.name, ...node.output])) if (name && name !== own) count(name);
  }
  return new Map([...candidates].filter(([, name]) => uses.get(name) === 1));
}

/** What a node could be called, best first; nothing for what is no layer. */
function tellingNames(graph: Graph): (node: Node) => (string | undefined)[] {
  const stored = new Set(graph.initializer.map(({ name }) => name));
  // Also where a weight is transposed on its way, or the bias is added by a node of its own.
  const linear = new Map(linearNodes(graph).layers.map(({ nodes, weight, bias }) => [nodes[0], [weight, bias ?? '']]));
  return (node) => {
    const weights = linear.get(node);
    if (weights) return [...weights.map(stemOfWeight), moduleOf(node)];
    return WEIGHTED.has(node.opType) ? node.input.filter((name) => stored.has(name)).map(stemOfWeight) : [];
  };
}

/** Other operators that are layers of a model, and not steps of one. */
const WEIGHTED: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'LayerNormalization',
  'RMSNormalization',
  'PRelu',
  'Gather',
]);

/** Whether an exporter made up the name: of the operator, or of a number. */
function isGenerated({ name, opType }: Node): boolean {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const isNumbered = last.startsWith(opType) && /^[_\d]*$/.test(last.slice(opType.length));
  return name === '' || name.startsWith('node_') || isNumbered || last === 'BiasAdd';
}

/** How weights of PyTorch and of Flax are called: what comes before says whose they are. */
const WEIGHT = /^(.+)(?:\.(?:weight|bias)|\/(?:kernel|bias|scale|embedding))$/;

/** TensorFlow's: the layer, what reads the variable for it, and that it is read. */
const VARIABLE = /([^/]+)\/[^/]+\/ReadVariableOp(?:_\d+)?(?::\d+)?$/;

function stemOfWeight(weight: string): string | undefined {
  const stem = (WEIGHT.exec(weight) ?? VARIABLE.exec(weight))?.[1];
  // Members of a sequence are numbered, and users call layers by their number too: 0.weight is no layer number 0.
  return stem !== undefined && /^\d+$/.test(stem) ? weight : stem;
}

/** The module that PyTorch's first exporter names a node after: `/features/features.3/Conv` belongs to features.3. */
function moduleOf({ name, opType }: Node): string | undefined {
  const [root, ...segments] = name.split('/');
  const application = segments.pop() ?? '';
  if (root !== '' || !application.startsWith(opType) || !/^(?:_\d+)?$/.test(application.slice(opType.length))) {
    return undefined;
  }
  let path = '';
  for (const segment of segments) {
    const above = path.slice(path.lastIndexOf('.') + 1);
    // A member of a sequence repeats what the sequence is called.
    path =
      above !== '' && segment.startsWith(`${above}.`)
        ? path + segment.slice(above.length)
        : [path, segment].filter(Boolean).join('.');
  }
  return path;
}

/** A number alone is no name. */
function isTelling(name: string | undefined): name is string {
  return name !== undefined && name !== '' && !/^\d+$/.test(name);
}
