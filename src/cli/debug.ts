/** What `--debug` tells: the passes that a model went through, and an error with all its causes. */
import { watchPasses, type PassRun } from '../graph/passes/pass.js';
import { nodesIn } from '../graph/rewrite.js';
import type { Model } from '../onnx/model.js';
import type { Outlet } from './streams.js';

/** Prints a line a pass, until the returned function is called. */
export function showPasses(stderr: Outlet): () => void {
  return watchPasses((run) => stderr.line(describePass(run)));
}

function describePass({ pass, milliseconds, before, after }: PassRun): string {
  const changes = after === before ? 'nothing to do' : changedOperators(before, after);
  return `pass ${pass}: ${milliseconds.toFixed(1)} ms, ${changes}`;
}

/** How many nodes of each operator there are, where that has changed: `12 → 10 nodes, Identity −2`. */
function changedOperators(before: Model, after: Model): string {
  const [old, now] = [operatorsOf(before), operatorsOf(after)];
  const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((operator) => {
    const difference = (now.get(operator) ?? 0) - (old.get(operator) ?? 0);
    return difference === 0 ? [] : [`${operator} ${difference > 0 ? '+' : '−'}${Math.abs(difference)}`];
  });
  const nodes = total(old) === total(now) ? `${total(now)} nodes` : `${total(old)} → ${total(now)} nodes`;
  return [nodes, ...changes].join(', ');
}

function operatorsOf(model: Model): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { opType } of nodesIn(model)) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return counts;
}

/** Lines that tell an error and what it came from, each with its stack. */
export function causesOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause: unknown = error, prefix = ''; cause !== undefined; prefix = 'caused by ') {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : JSON.stringify(cause);
    lines.push(...`${prefix}${text}`.split('\n'));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}
