/** How many cores this process may use; Node only. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Physical cores that this process may use: a second thread of a core gains nothing in what ONNX Runtime computes. Where the
 * system does not tell them apart (it is read from Linux only), every thread of a core counts.
 */
export function usableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), physicalCores() ?? Infinity));
}

function physicalCores(): number | undefined {
  try {
    const allowed = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
    return new Set(numbersIn(allowed).map(siblingsOf)).size;
  } catch {
    return undefined;
  }
}

/** Threads of the core that one of them, by its number, is of. */
function siblingsOf(thread: number): string {
  return readFileSync(`/sys/devices/system/cpu/cpu${thread}/topology/thread_siblings_list`, 'utf8');
}

/** The numbers of a list such as 0-3,8. */
function numbersIn(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
