/** Text and Markdown as roff, in the macros of man(7). */
import { lexer } from 'marked';

/** Text as one line that roff reads as it is: no escape, no request, and nothing that depends on an encoding. */
export function roff(text) {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/^[.']/, '\\&$&')
    .replace(
      /[^\x20-\x7e]/gu,
      (character) => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

/** An argument of a macro. */
export function quoted(text) {
  return `"${roff(text).replace(/"/g, '\\(dq')}"`;
}

/**
 * Markdown of headings, paragraphs and lists of `**name**: text`.
 * @throws for what a manual page has no form for
 */
export function roffOfMarkdown(source) {
  return lexer(source).flatMap(blockOf).join('\n');
}

function blockOf(token) {
  switch (token.type) {
    case 'heading':
      return `.SH ${quoted(token.text.toUpperCase())}`;
    case 'paragraph':
      return ['.PP', inline(token.tokens)];
    case 'list':
      return token.items.flatMap(({ tokens: [text] }) => {
        const [name, ...rest] = text.tokens;
        return ['.TP', inline([name]), inline(rest).replace(/^: /, '')];
      });
    case 'space':
      return [];
    default:
      throw new Error(`a manual page has no form for a Markdown ${token.type}`);
  }
}

function inline(tokens) {
  return tokens
    .map((token) => {
      if (token.type === 'strong' || token.type === 'codespan') return `\\fB${roff(token.text)}\\fR`;
      if (token.type === 'em') return `\\fI${roff(token.text)}\\fR`;
      return roff(token.text);
    })
    .join('');
}
