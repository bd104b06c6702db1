/** What became of the node tests, as OPS.md tells it. */
import type { NodeCases } from './archive.js';
import type { Outcome } from './run.js';

/** Heading of the part of OPS.md that tells of the node tests. */
export const SECTION = "## ONNX's own node tests\n";

/** The part of OPS.md that tells of the node tests. */
export function describeOutcomes({ onnxVersion, leftOut }: NodeCases, outcomes: readonly Outcome[]): string {
  const counted = (status: Outcome['status']) => {
    const details = outcomes.flatMap((outcome) => (outcome.status === status ? [outcome.detail] : []));
    const counts = new Map<string, number>();
    for (const detail of details) counts.set(detail, (counts.get(detail) ?? 0) + 1);
    const lines = [...counts]
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .map(([text, n]) => `  - ${n} ${text}`);
    return [`- **${details.length} ${status}**`, ...lines];
  };
  const others = Object.entries(leftOut).sort(([, m], [, n]) => n - m);
  return `${SECTION}
Of the node tests of onnx ${onnxVersion}, the ${outcomes.length} that hold nothing but operators that are known here, one of
them with a gradient, run through our reader, writer and operator set upgrade, and must give the outputs that ONNX expects;
recurrent layers, branches and loops also after they are written out. The gradient to every floating-point input is compared with central differences, in float64 where ONNX Runtime has the kernels and in float32 elsewhere.

${[...counted('passed'), ...counted('skipped'), ...counted('failed')].join('\n')}

Not among them: ${others.map(([reason, n]) => `${n} with ${reason}`).join(', ')}.
`;
}
