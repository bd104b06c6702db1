/** What a node is there for, where its name does not say it: a profile tells a layer's kernels by it. */
import type { Graph, Node } from './model.js';

/** Parts of a step of training; an attribution has the first two. */
export const PARTS = ['data', 'forward', 'loss', 'backward', 'optimizer', 'log'] as const;

/** A part of a step. */
export type Part = (typeof PARTS)[number];

/** What a node is there for. */
export interface NodeMark {
  readonly part: Part;
  /** Node of the model that it works for; `''` for none. */
  readonly layer: string;
}

const KEY = 'onnx-explain';

/**
 * Emits nodes and marks them, but for those that have a mark. The mark is the node's documentation: it changes nothing of
 * what is computed.
 * @param graph where `emit` adds nodes, at the end
 * @param except a node that is not ours to write on
 */
export function marked<T>(graph: Graph, { part, layer }: NodeMark, emit: () => T, except?: Node): T {
  const before = graph.node.length;
  const emitted = emit();
  for (let i = before; i < graph.node.length; i++) {
    const node = graph.node[i]!;
    if (node !== except && !node.docString) node.docString = `${KEY} ${part} ${layer}`;
  }
  return emitted;
}

/** The mark of a node; undefined where it has none. */
export function markOf({ docString }: Node): NodeMark | undefined {
  const [key, part, ...layer] = docString?.split(' ') ?? [];
  const known = PARTS.find((each) => each === part);
  return key === KEY && known !== undefined ? { part: known, layer: layer.join(' ') } : undefined;
}

/** The node of the model that a node works for. */
export function layerOf(node: Node): string {
  const own = node.name ? node.name : node.output[0];
  return markOf(node)?.layer ?? own ?? '';
}
