/** Commands as a user types them, with what they took. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Runs `onnx-explain` and shows what it says. @returns the seconds that it took @throws when it fails */
export function onnxExplain(...args: readonly string[]): number {
  console.error(`$ onnx-explain ${args.join(' ')}`);
  const began = performance.now();
  const { status } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`onnx-explain ${args[0]} ended with ${status}`);
  return (performance.now() - began) / 1000;
}

/** A JSON file. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** Bytes of all files below a folder. */
export function bytesBelow(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesBelow(path) : statSync(path).size);
  }, 0);
}

/** Rows as a Markdown table, the first being its head. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), line(head!.map(() => '---')), ...body.map(line)].join('\n');
}

/** A share in per cent. */
export const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
