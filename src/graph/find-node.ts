/** Nodes by the names that users give. */
import { InputError } from '../errors.js';
import { nearestNames } from '../nearest.js';
import { exportedName } from '../onnx/exported-name.js';
import type { Graph, Node } from '../onnx/model.js';
import { traceableLayers } from './layers.js';

/** Name of a node, or of its first output where it has none. */
export function nodeName(node: Node): string {
  return node.name || (node.output[0] ?? '');
}

/**
 * A node by its name, the name of its first output, its weight's name, or its number among the traceable layers.
 * @param among the nodes that may be meant; all by default
 * @throws InputError for one that does not exist, with the nearest names
 */
export function findNode(graph: Graph, text: string, among: readonly Node[] = graph.node): Node {
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const numbered = traceableLayers(graph).find(({ index }) => String(index) === text);
  const found =
    among.find((node) => nodeName(node) === text) ??
    among.find((node) => exportedName(node) === text) ??
    among.find(({ output }) => output.includes(text)) ??
    among.find(({ input }) => weights.has(text) && input.includes(text)) ??
    among.find((node) => numbered?.nodes.at(-1) === node);
  if (found) return found;
  const names = among.flatMap((node) => [nodeName(node), ...node.input.filter((name) => weights.has(name))]);
  const nearest = nearestNames(text, names).join(', ');
  throw new InputError(`layer "${text}" does not exist here; the nearest are ${nearest} (see onnx-explain inspect)`);
}
