/** Which nodes of a graph are the steps of one loop: whatever writes a loop out marks them, so that it can be rolled up. */
import { onnx, type Node } from '../../onnx/model.js';

/** Where a node stands among the steps of a loop that was written out. */
export interface StepMark {
  /** What tells the loops of a model apart. */
  readonly loop: string;
  /** From 0, in the order in which the steps are computed. */
  readonly step: number;
  /** The node's place within its step, the same in every step. */
  readonly place: number;
}

const KEY = 'onnx-explain.step';

/** Marks a node. The mark is metadata of the node itself and stays in the model's file. */
export function markStep(node: Node, { loop, step, place }: StepMark): void {
  const others = node.metadataProps.filter(({ key }) => key !== KEY);
  node.metadataProps = [...others, new onnx.StringStringEntryProto({ key: KEY, value: `${step} ${place} ${loop}` })];
}

/** The mark of a node; undefined where it has none. */
export function stepMark(node: Node): StepMark | undefined {
  const text = node.metadataProps.find(({ key }) => key === KEY)?.value;
  const found = text === undefined ? null : /^(\d{1,9}) (\d{1,9}) (.*)$/s.exec(text);
  return found ? { step: Number(found[1]), place: Number(found[2]), loop: found[3]! } : undefined;
}
