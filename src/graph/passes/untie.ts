/** Gives layers weights of their own again that an exporter stored only once because they were equal. */
import { cloneModel } from '../../onnx/codec.js';
import { isFloatTensor } from '../../onnx/element-type.js';
import { graphOf, onnx, type Graph, type Model, type Node, type StoredTensor } from '../../onnx/model.js';
import { decodeTensor } from '../../onnx/tensor-proto.js';
import { learnedOperands } from '../parameters.js';
import { nameMaker } from '../rewrite.js';
import { table } from '../../table.js';

/** Running statistics, which are not learned but change in training too. */
const STATISTICS = table<readonly number[]>({ BatchNormalization: [3, 4] });

/** A weight as an operand of a node. */
interface Use {
  readonly node: Node;
  readonly operand: number;
}

/**
 * The model with a copy for each layer of weights that are fresh, all elements alike, and stored once for several layers.
 * Exporters store equal tensors once, and fresh ones begin alike: scales of ones, shifts and biases of zeros. Trained
 * together they would be one. Layers that share another weight too, one that is not fresh, are meant to share this one.
 */
export function untie(model: Model): Model {
  const tied = tiedUses(graphOf(model));
  if (tied.size === 0) return model;
  const untied = cloneModel(model);
  const graph = graphOf(untied);
  const fresh = nameMaker(untied);
  const stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const [name, groups] of tiedUses(graph)) {
    // The first keeps the name.
    for (const uses of groups.slice(1)) {
      const copy = new onnx.TensorProto({ ...stored.get(name)!, name: fresh(name) });
      graph.initializer.push(copy);
      for (const { node, operand } of uses) node.input[operand] = copy.name;
    }
  }
  return untied;
}

/** Fresh weights with several owners, and each owner's uses. */
function tiedUses(graph: Graph): Map<string, Use[][]> {
  const stored = new Map(graph.initializer.filter(isFloatTensor).map((tensor) => [tensor.name, tensor]));
  const producer = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const freshness = new Map<string, boolean>();
  const isFreshWeight = (name: string) => {
    if (!freshness.has(name)) freshness.set(name, stored.has(name) && isFresh(stored.get(name)!));
    return freshness.get(name)!;
  };
  /** The weights, not fresh, that a node is applied with: its own, and those of the nodes whose results it reads. */
  const appliedWith = (node: Node) => {
    const before = node.input.flatMap((name) => producer.get(name)?.input ?? []);
    return [...node.input, ...before].filter((name) => stored.has(name) && !isFreshWeight(name)).sort();
  };
  const owners = new Map<string, Map<string, Use[]>>();
  graph.node.forEach((node, index) => {
    for (const operand of [...learnedOperands(node), ...(STATISTICS[node.opType] ?? [])]) {
      const name = node.input[operand] ?? '';
      if (!isFreshWeight(name)) continue;
      const others = appliedWith(node);
      const owner = JSON.stringify([others.length > 0 ? others : index, node.opType, operand]);
      const uses = owners.get(name) ?? new Map<string, Use[]>();
      uses.set(owner, [...(uses.get(owner) ?? []), { node, operand }]);
      owners.set(name, uses);
    }
  });
  const groups = [...owners].map(([name, uses]): [string, Use[][]] => [name, [...uses.values()]]);
  return new Map(groups.filter(([, uses]) => uses.length > 1));
}

function isFresh(weight: StoredTensor): boolean {
  const data = decodeTensor(weight).data as Float32Array;
  return data.length > 1 && data.every((value) => value === data[0]);
}
