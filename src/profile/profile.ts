/** What the layers and operators of a command's graphs take: what ONNX Runtime recorded, summed. */
import type { NodeMark } from '../onnx/node-mark.js';
import type { Recorded } from './events.js';

/** A profile of all graphs that were run, those that took longest first. Times are in seconds. */
export interface Profile {
  /** From the beginning of the recording to its end, outside of ONNX Runtime too. */
  readonly seconds: number;
  readonly graphs: readonly GraphProfile[];
}

/** What a graph took, over all of its sessions. */
export interface GraphProfile {
  readonly graph: string;
  readonly sessions: number;
  /** Calls of the sessions, and what they took, recorded or not. */
  readonly calls: number;
  readonly seconds: number;
  /** Calls that were recorded: the first ones of each session. What follows is of them. */
  readonly recordedCalls: number;
  /** Steps of training in them; undefined where the graph does not train. */
  readonly recordedSteps: number | undefined;
  readonly loading: number;
  readonly running: number;
  /** Of `running`, what the kernels took; the rest is between them. Kernels that run side by side count each. */
  readonly kernels: number;
  readonly entries: readonly ProfileEntry[];
}

/** What one operator took for one node of the model, in one part of the computation. */
export interface ProfileEntry {
  /** Node of the model; `''` for what serves none. */
  readonly layer: string;
  readonly part: NodeMark['part'] | 'other';
  /** As ONNX Runtime ran it, which fuses some into one. */
  readonly operator: string;
  readonly calls: number;
  readonly seconds: number;
}

/** What the nodes of a graph are there for, by name. */
export interface GraphMarks {
  readonly graph: string;
  readonly nodes: ReadonlyMap<string, NodeMark>;
}

/** What was recorded of one session. */
export interface SessionRecord {
  readonly marks: GraphMarks;
  readonly calls: number;
  readonly seconds: number;
  readonly recordedCalls: number;
  readonly recorded: Recorded;
}

/** Sums the records of sessions by graph, layer, part and operator. */
export function summarize(records: readonly SessionRecord[], seconds: number): Profile {
  const names = [...new Set(records.map(({ marks }) => marks.graph))];
  const graphs = names.map((graph) =>
    summarizeGraph(
      graph,
      records.filter(({ marks }) => marks.graph === graph),
    ),
  );
  return { seconds, graphs: graphs.sort((a, b) => b.seconds - a.seconds) };
}

function summarizeGraph(graph: string, records: readonly SessionRecord[]): GraphProfile {
  const entries = new Map<string, { -readonly [Key in keyof ProfileEntry]: ProfileEntry[Key] }>();
  let steps = 0;
  for (const { marks, recorded } of records) {
    let stepsHere = 0;
    for (const { node, operator, calls, time } of recorded.kernels.values()) {
      const mark = marks.nodes.get(node) ?? marks.nodes.get(originalName(node));
      const layer = mark?.layer ?? '';
      const part: ProfileEntry['part'] = mark?.part ?? 'other';
      if (part === 'loss') stepsHere = Math.max(stepsHere, calls);
      const key = JSON.stringify([layer, part, operator]);
      const entry = entries.get(key) ?? { layer, part, operator, calls: 0, seconds: 0 };
      entry.calls += calls;
      entry.seconds += time / 1e6;
      entries.set(key, entry);
    }
    steps += stepsHere;
  }
  const sum = (pick: (record: SessionRecord) => number) => records.reduce((total, record) => total + pick(record), 0);
  const sorted = [...entries.values()].sort((a, b) => b.seconds - a.seconds);
  return {
    graph,
    sessions: records.length,
    calls: sum(({ calls }) => calls),
    seconds: sum((record) => record.seconds),
    recordedCalls: sum(({ recordedCalls }) => recordedCalls),
    recordedSteps: steps === 0 ? undefined : steps,
    loading: sum(({ recorded }) => recorded.loading) / 1e6,
    running: sum(({ recorded }) => recorded.running) / 1e6,
    kernels: sorted.reduce((total, entry) => total + entry.seconds, 0),
    entries: sorted,
  };
}

/**
 * The name that a node had before ONNX Runtime's optimizations wrote it anew: `fused fc1`, `pool2_nchwc`,
 * `MatMul_82/MatmulTransposeFusion/`, `conv1_token_3`. Nodes that they put in are called by their operator.
 */
export function originalName(name: string): string {
  return name
    .replace(/^fused /, '')
    .replace(/_token_\d+$/, '')
    .replace(/(\/\w+Fusion\/?)+$/, '')
    .replace(/_nchwc$/, '');
}
