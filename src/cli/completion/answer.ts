/** Answers a shell; nothing but what was written down by the build is loaded, as somebody waits for a word. */
import { readFileSync } from 'node:fs';
import { offers, type Completions } from './words.js';

/** Lines for the shell: a word, and behind a tab what it means, where that is said. */
export function answer(words: readonly string[]): string {
  const file = new URL('../completions.json', import.meta.url);
  const commands = JSON.parse(readFileSync(file, 'utf8')) as Completions;
  return offers(commands, words)
    .map(({ word, about }) => `${word}${about === '' ? '' : `\t${about}`}\n`)
    .join('');
}
