/** What no command may do, whatever it is given. */
import type { Call } from './harness.js';

/** What a file below 1 MB may cost. */
export interface Limits {
  /** Seconds of processor time. */
  readonly mostCpu: number;
  /** Bytes beyond those of the empty process. */
  readonly mostMemory: number;
}

/** By default. */
export const LIMITS: Limits = { mostCpu: 20, mostMemory: 1e9 };

/** How the line of a refusal begins. */
const PREFIX = 'onnx-explain: ';

/** Characters that move a terminal's cursor, or worse; of text, only line breaks are left. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]/;

/** What a command did wrong. Commands are to be called with `--quiet`, so that a refusal is all there is on stderr. */
export function judge({ argv, code, stdout, stderr, cpu, memory }: Call, { mostCpu, mostMemory }: Limits): string[] {
  const command = argv.join(' ');
  const found: string[] = [];
  const allowed = argv[0] === 'check' ? [0, 1, 2] : [0, 2];
  if (!allowed.includes(code)) found.push(`exit code ${code}: ${stderr.slice(0, 2000)}`);
  if (code === 2) {
    const lines = stderr.split('\n').filter((line) => line.startsWith(PREFIX));
    if (lines.length !== 1) found.push(`a refusal of ${lines.length} lines: ${stderr.slice(0, 500)}`);
    const longest = lines[0]?.length ?? 0;
    if (longest > LONGEST_REFUSAL) found.push(`a refusal of ${longest} characters: ${lines[0]!.slice(0, 300)}…`);
  }
  if (/^\s+at .*[:(]\d+/m.test(stderr)) found.push(`a stack trace: ${stderr.slice(0, 1000)}`);
  if (CONTROL.test(stderr) || CONTROL.test(stdout)) found.push('control characters in what it prints');
  if (cpu > mostCpu) found.push(`${cpu.toFixed(1)} s of processor time`);
  if (memory > mostMemory) found.push(`${Math.round(memory / 1e6)} MB of memory`);
  return found.map((what) => `${command}: ${what}`);
}

/** A line that nobody reads to its end helps nobody. */
const LONGEST_REFUSAL = 1500;
