/** The manual page: a short introduction, and every command and option as the commands themselves declare them. */
import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { quoted, roff, roffOfMarkdown } from './roff.mjs';

/** yargs marks what it would translate. */
const TRANSLATED = '__yargsString__:';

/**
 * @param {{ name: string, version: string }} tool
 * @param {readonly import('../../dist/cli/command.js').AnyCommand[]} commands in the order of --help
 * @returns {string} the page in roff
 */
export function manPage({ name, version }, commands) {
  const declared = commands.map(declarationOf);
  const shared = declared[0].options.filter((option) => declared.every(({ options }) => options.some(same(option))));
  return [
    `.TH ${[name.toUpperCase(), '1', '', `${name} ${version}`, 'User commands'].map(quoted).join(' ')}`,
    '.SH NAME',
    `${roff(name)} \\- why did the model learn that?`,
    '.SH SYNOPSIS',
    `.B ${roff(name)}`,
    '.I command',
    '[\\fIoptions\\fR]',
    roffOfMarkdown(readFileSync(new URL('introduction.md', import.meta.url), 'utf8')),
    '.SH COMMANDS',
    ...declared.flatMap(({ command, describe, options, examples, ends }) => [
      `.SS ${quoted(command)}`,
      `${roff(describe)}.`,
      ...options.filter((option) => !shared.some(same(option))).flatMap(entry),
      ...examples.flatMap(([line, meaning]) => ['.PP', roff(`${meaning}:`), ...asItIs(line.replaceAll('$0', name))]),
      ...ends.flatMap(asItIs),
    ]),
    '.SH OPTIONS OF EVERY COMMAND',
    ...shared.flatMap(entry),
    '',
  ].join('\n');
}

/** What a command says of itself to yargs. */
function declarationOf({ command, describe, builder }) {
  const [examples, ends] = [[], []];
  const parser = yargs([]);
  // yargs hands out options and their descriptions, but neither examples nor what ends its help.
  parser.example = (...given) => {
    examples.push(...(Array.isArray(given[0]) ? given[0] : [given]));
    return parser;
  };
  parser.epilogue = parser.epilog = (text) => {
    ends.push(text);
    return parser;
  };
  builder(parser);
  // Neither is among the published types; both are what its own help is made of.
  const { key, choices, default: defaults, boolean, demandedOptions, hiddenOptions } = parser.getOptions();
  const descriptions = parser.getInternalMethods().getUsageInstance().getDescriptions();
  const positional = new Set(parser.getGroups()['Positionals:'] ?? []);
  const named = Object.keys(key).filter((option) => !hiddenOptions.includes(option));
  const options = [...positional, ...named.filter((option) => !positional.has(option))].map((option) => ({
    option: positional.has(option) ? option : `--${option}`,
    value: !positional.has(option) && !boolean.includes(option),
    // Help says it in a bracket, this page in words.
    text: [
      (descriptions[option] ?? '').replace(TRANSLATED, ''),
      choices[option] && `one of ${choices[option].join(', ')}`,
      defaults[option] !== undefined && !boolean.includes(option) && `${defaults[option]} by default`,
      option in demandedOptions && defaults[option] === undefined && !positional.has(option) && 'required',
    ]
      .filter(Boolean)
      .join('; '),
  }));
  return { command, describe, options, examples, ends };
}

/** Lines that are not filled. */
function asItIs(text) {
  return ['.PP', '.RS 4', '.nf', ...text.split('\n').map((line) => roff(line) || '.sp'), '.fi', '.RE'];
}

const same = (one) => (other) => one.option === other.option && one.text === other.text;

function entry({ option, value, text }) {
  const head = option.startsWith('--') ? `\\fB${roff(option)}\\fR` : `\\fI${roff(option)}\\fR`;
  return ['.TP', value ? `${head} \\fI${roff('value')}\\fR` : head, `${roff(text)}.`];
}
