/** Markdown as HTML, with the links that stand in it. */
import { Marked, type Tokens } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A link or an image, as it is written. */
export interface Link {
  readonly href: string;
  readonly line: number;
}

/** A Markdown file, rendered. */
export interface Page {
  /** From the root of the repository. */
  readonly file: string;
  readonly title: string;
  readonly html: string;
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly Link[];
}

/**
 * Renders one file.
 * @param root folder of the repository
 * @param file from `root`
 * @param target what a link becomes on the site; without one its text alone stays
 */
export function renderPage(
  root: string,
  file: string,
  target: (href: string) => string | undefined = (href) => href,
): Page {
  const source = readFileSync(join(root, file), 'utf8');
  const lines = lineFinder(source);
  const links: Link[] = [];
  const marked = new Marked(gfmHeadingId(), {
    walkTokens: (token) => {
      if (token.type !== 'link' && token.type !== 'image') return;
      const { href } = token as Tokens.Link | Tokens.Image;
      links.push({ href, line: lines(href) });
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
    .parse(source, { async: false })
    .replaceAll('<table>', '<div class="wide"><table>')
    .replaceAll('</table>', '</table></div>');
  const anchors = new Set(Array.from(html.matchAll(/\sid="([^"]+)"/g), ([, id]) => id!));
  return { file, title: /^# (.+)$/m.exec(source)?.[1] ?? file, html, anchors, links };
}

/** Finds the line of each link, given in their order; one that stands twice is found twice. */
function lineFinder(source: string): (href: string) => number {
  const lines = source.split('\n');
  const seen = new Map<string, number>();
  return (href) => {
    const after = seen.get(href) ?? -1;
    const at = lines.findIndex((line, i) => i > after && line.includes(href));
    if (at >= 0) seen.set(href, at);
    return (at < 0 ? after : at) + 1;
  };
}

/** Text as it may stand in an attribute. */
export function escaped(text: string): string {
  return text.replace(/&(?!#?\w+;)/g, '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
