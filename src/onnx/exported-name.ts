/** What a node was called in the file that an exporter wrote, where we call it otherwise: users may know either name. */
import { nodeMetadata, setNodeMetadata, type Node } from './model.js';

const KEY = 'onnx-explain.exported-name';

/** The name in the exported file; undefined where it is the node's own. */
export function exportedName(node: Node): string | undefined {
  return nodeMetadata(node, KEY);
}

/** Calls a node otherwise, and keeps what it was called. */
export function rename(node: Node, name: string): void {
  if (node.name) setNodeMetadata(node, KEY, node.name);
  node.name = name;
}
