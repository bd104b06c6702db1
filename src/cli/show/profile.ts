/** `--profile`: which layers and operators take the time, as tables. */
import type { Argv } from 'yargs';
import { PARTS } from '../../onnx/node-mark.js';
import type { GraphProfile, Profile, ProfileEntry } from '../../profile/profile.js';
import { record, RECORDED_SECONDS } from '../../profile/record.js';
import type { Runtime } from '../../runtime/runtime.js';
import { numbers } from '../table.js';
import type { Terminal } from '../terminal.js';

/** The flag. */
export function profileOption<T>(yargs: Argv<T>) {
  return yargs.option('profile', {
    type: 'boolean',
    default: false,
    describe: 'Say which layers and operators took the time; recording takes some itself',
  });
}

/**
 * Does a command's work, recorded where that was asked for, and shows what came of it.
 * @param work takes the runtime to compute with
 * @param show prints the command's result; its JSON is the result, with `profile` beside all else
 */
export async function profiled<R extends object>(
  { profile }: { readonly profile?: boolean | undefined },
  runtime: Runtime,
  ui: Terminal,
  work: (runtime: Runtime) => Promise<R>,
  show: (result: R) => void,
): Promise<R> {
  if (!profile) {
    const done = await work(runtime);
    show(done);
    ui.result(done);
    return done;
  }
  const recording = await record(runtime);
  try {
    const done = await work(recording.runtime);
    const found = await recording.end();
    show(done);
    showProfile(ui, found);
    ui.result({ ...done, profile: found });
    return done;
  } finally {
    await recording.discard();
  }
}

/** Rows of a table; the others are summed in one. */
const MOST_ROWS = 20;

/** Rows below this share of all are summed with those others. */
const LEAST_ROW = 0.001;

/** Graphs that take less than this share of all have no tables of their own. */
const LEAST_SHARE = 0.1;

/** Prints what took the time. */
export function showProfile(ui: Terminal, { seconds, graphs }: Profile): void {
  const total = graphs.reduce((sum, graph) => sum + graph.seconds, 0);
  const loading = graphs.reduce((sum, graph) => sum + graph.loading, 0);
  ui.print('');
  ui.print(
    `profile: of ${inSeconds(seconds)}, ONNX Runtime ran graphs for ${inSeconds(total)} and loaded them for ${inSeconds(loading)}`,
  );
  const shown = graphs.filter((graph) => graph.entries.length > 0 && graph.seconds >= LEAST_SHARE * total);
  for (const graph of shown) showGraph(ui, graph);
  const others = graphs.filter((graph) => !shown.includes(graph) && graph.calls > 0);
  if (others.length === 0) return;
  const named = others.slice(0, 3).map(({ graph, seconds: took }) => `${graph} ${inSeconds(took)}`);
  const rest = others.length > named.length ? `, ${others.length - named.length} more` : '';
  ui.print('');
  ui.print(`other graphs: ${named.join(', ')}${rest}`);
}

function showGraph(ui: Terminal, profile: GraphProfile): void {
  const { graph, calls, recordedCalls, recordedSteps, running, kernels, entries } = profile;
  const [unit, count] = recordedSteps === undefined ? ['call', recordedCalls] : ['step', recordedSteps];
  const each = (time: number) => (1000 * time) / count;
  const of =
    recordedCalls < calls
      ? `the first ${recordedCalls} of ${calls} calls (${RECORDED_SECONDS} s)`
      : plural(calls, 'call');
  const steps = recordedSteps === undefined ? '' : `${plural(recordedSteps, 'step')} in `;
  const between = Math.max(0, running - kernels);
  const parts = [...PARTS, 'other' as const].filter((part) => entries.some((entry) => entry.part === part));
  const sumOf = (some: readonly ProfileEntry[]) => some.reduce((sum, { seconds }) => sum + seconds, 0);
  const inParts = (some: readonly ProfileEntry[]) =>
    parts.map((part) => {
      const own = some.filter((entry) => entry.part === part);
      return own.length === 0 ? '' : each(sumOf(own)).toFixed(2);
    });
  const row = (name: string, some: readonly ProfileEntry[]) => [
    name,
    ...inParts(some),
    each(sumOf(some)).toFixed(2),
    percent(sumOf(some) / kernels),
  ];
  const operatorRow = (name: string, some: readonly ProfileEntry[]) => [
    name,
    (some.reduce((sum, { calls: made }) => sum + made, 0) / count).toFixed(1),
    each(sumOf(some)).toFixed(2),
    percent(sumOf(some) / kernels),
  ];
  ui.print('');
  ui.print(
    `${graph}: ${steps}${of}; ${each(running).toFixed(2)} ms a ${unit}, ${each(kernels).toFixed(2)} in kernels, ${each(between).toFixed(2)} between them`,
  );
  ui.print('');
  const byLayer = grouped(entries, ({ layer }) => layer || 'no layer', row);
  ui.table(['layer', ...[...parts, `ms a ${unit}`, 'share'].map(numbers)], byLayer);
  ui.print('');
  const byOperator = grouped(entries, ({ operator }) => operator, operatorRow);
  ui.table(['operator', ...[`calls a ${unit}`, `ms a ${unit}`, 'share'].map(numbers)], byOperator);
}

/** Rows by group, those that took longest first; the smallest ones in one, and the sum of all at the end. */
function grouped(
  entries: readonly ProfileEntry[],
  groupOf: (entry: ProfileEntry) => string,
  row: (name: string, entries: readonly ProfileEntry[]) => string[],
): string[][] {
  const groups = new Map<string, ProfileEntry[]>();
  for (const entry of entries) {
    const group = groups.get(groupOf(entry));
    if (group) group.push(entry);
    else groups.set(groupOf(entry), [entry]);
  }
  const sum = (some: readonly ProfileEntry[]) => some.reduce((total, { seconds }) => total + seconds, 0);
  const sorted = [...groups].sort(([, a], [, b]) => sum(b) - sum(a));
  const least = LEAST_ROW * sum(entries);
  const shown = Math.min(MOST_ROWS, sorted.filter(([, some]) => sum(some) >= least).length);
  const [first, others] = [sorted.slice(0, shown), sorted.slice(shown)];
  return [
    ...first.map(([name, some]) => row(name, some)),
    ...(others.length === 0
      ? []
      : [
          row(
            `${others.length} more`,
            others.flatMap(([, some]) => some),
          ),
        ]),
    row('all', entries),
  ];
}

const inSeconds = (seconds: number) => `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const plural = (count: number, noun: string) => `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
