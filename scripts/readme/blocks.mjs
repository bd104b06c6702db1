/** The fenced blocks of a Markdown file. */
import { readFileSync } from 'node:fs';

/**
 * @param {string} file
 * @returns {{ file: string, line: number, language: string, heading: string, text: string }[]} in order; `line` is that of its
 * first line, `heading` what stands above it
 */
export function blocksOf(file) {
  const blocks = [];
  let [heading, open] = ['', undefined];
  for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, language] = /^```(\w*)\s*$/.exec(line) ?? [];
    if (open) {
      if (language !== undefined) {
        blocks.push({ ...open, text: open.lines.join('\n') });
        open = undefined;
      } else open.lines.push(line);
    } else if (language !== undefined) open = { file, line: at + 2, language, heading, lines: [] };
    else heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
  }
  if (open) throw new Error(`${file}:${open.line - 1}: a block without an end`);
  return blocks;
}
