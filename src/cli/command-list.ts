/** The commands in `onnx-explain --help`. */
import { COMMAND_GROUPS, COMMAND_NAMES } from './commands/registry.js';
import { padded, wrapText } from './wrap.js';

/** Names and what they do, under headings, in lines of at most `width` columns. */
export function commandList(width: number): string {
  const indent = 2;
  const names = Math.max(...COMMAND_NAMES.map(({ length }) => length)) + 2;
  const described = (name: string, summary: string) =>
    wrapText(summary, width - indent - names).map(
      (text, i) => `${' '.repeat(indent)}${padded(i === 0 ? name : '', names)}${text}`,
    );
  return Object.entries(COMMAND_GROUPS)
    .map(([heading, commands]) =>
      [`${heading}:`, ...Object.entries(commands).flatMap(([name, { summary }]) => described(name, summary))].join(
        '\n',
      ),
    )
    .join('\n\n');
}
