/** Markdown as HTML, with the links that stand in it. */
import { Marked } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ href: string, line: number, image: boolean }} Link
 * @typedef {{ file: string, title: string, html: string, anchors: Set<string>, links: Link[] }} Page
 */

/**
 * Renders one file.
 * @param {string} root folder of the repository
 * @param {string} file from `root`
 * @param {(href: string) => string | undefined} [target] what a link becomes on the site; without one its text alone stays
 * @returns {Page}
 */
export function renderPage(root, file, target = (href) => href) {
  const source = readFileSync(join(root, file), 'utf8');
  const lines = lineFinder(source);
  const links = [];
  const marked = new Marked(gfmHeadingId(), {
    walkTokens: (token) => {
      if (token.type !== 'link' && token.type !== 'image') return;
      links.push({ href: token.href, line: lines(token.href), image: token.type === 'image' });
    },
    renderer: {
      link({ href, tokens }) {
        const [to, text] = [target(href), this.parser.parseInline(tokens)];
        return to === undefined ? text : `<a href="${escaped(to)}">${text}</a>`;
      },
      image: ({ href, text }) => `<img src="${escaped(target(href) ?? '')}" alt="${escaped(text)}">`,
    },
  });
  // What is wider than a phone scrolls by itself.
  const html = marked
    .parse(source)
    .replaceAll('<table>', '<div class="wide"><table>')
    .replaceAll('</table>', '</table></div>');
  const anchors = new Set(Array.from(html.matchAll(/\sid="([^"]+)"/g), ([, id]) => id));
  return { file, title: /^# (.+)$/m.exec(source)?.[1] ?? file, html, anchors, links };
}

/** Finds the line of each link, given in their order; one that stands twice is found twice. */
function lineFinder(source) {
  const lines = source.split('\n');
  const seen = new Map();
  return (href) => {
    const after = seen.get(href) ?? -1;
    const at = lines.findIndex((line, i) => i > after && line.includes(href));
    if (at >= 0) seen.set(href, at);
    return (at < 0 ? after : at) + 1;
  };
}

/** Text as it may stand in an attribute. */
export function escaped(text) {
  return text.replace(/&(?!#?\w+;)/g, '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
