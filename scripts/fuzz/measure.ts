/** What a process takes, as Linux counts it. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Seconds of processor time of this process so far, of all its threads. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Starts the peak of this process's memory anew. */
export function forgetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}

/** Bytes of memory at the peak since the last `forgetPeak`. */
export function peakMemory(): number {
  return memoryLine('self', 'VmHWM');
}

/** Bytes of memory now, after a collection where the process may ask for one. */
export function restingMemory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return memoryLine('self', 'VmRSS');
}

/** Bytes of memory of a process; 0 once it has gone. */
export function memoryOf(pid: number): number {
  try {
    return memoryLine(String(pid), 'VmRSS');
  } catch {
    return 0;
  }
}

/** Seconds of processor time of a process; 0 once it has gone. */
export function cpuOf(pid: number): number {
  try {
    // The name, in brackets, may hold spaces; user and system time are fields 14 and 15, in hundredths.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

function memoryLine(pid: string, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}
