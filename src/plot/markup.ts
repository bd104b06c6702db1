/**
 * Markup that cannot be broken by what it shows: plain strings are text and always escaped, and only what these functions
 * have built passes as markup. Used for SVG here and for HTML in the reports.
 */

/** Finished markup. */
export interface Markup {
  readonly markup: string;
}

/** What may stand inside an element: markup, text, lists of them, or nothing. */
export type Content = Markup | string | number | undefined | readonly Content[];

/** An attribute: text, a number (rounded to two decimals), present without a value (true), or absent. */
export type MarkupValue = string | number | boolean | undefined;

/** Attributes by name, in the order in which they are written. */
export type MarkupAttributes = Readonly<Record<string, MarkupValue>>;

// Control characters but tab and line breaks, and lone surrogates: XML forbids them. Also the marks that reorder the text
// around them: a label with an override in it could make the line that it stands in read differently.
const unwanted = /(?![\t\n\r])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** Text in which nothing hides: what {@link unwanted} names is replaced. */
export function visibleText(text: string): string {
  return text.replace(unwanted, '\ufffd');
}

/** Text for element content or a quoted attribute. */
export function escapeText(text: string): string {
  return visibleText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Content as a string of markup. */
export function render(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return String(content);
  if ('markup' in content) return content.markup;
  return content.map(render).join('');
}

/** Several pieces of content as one. */
export function fragment(...content: readonly Content[]): Markup {
  return { markup: render(content) };
}

/** The start of a tag without its closing bracket: `<name a="1"`. */
export function openTag(name: string, attributes: MarkupAttributes): string {
  let tag = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    tag += value === true ? ` ${key}` : ` ${key}="${typeof value === 'number' ? rounded(value) : escapeText(value)}"`;
  }
  return tag;
}

/** A coordinate with at most two decimals: finer than any screen, and the same on every machine. */
export function rounded(value: number): string {
  return String(Math.round(value * 100) / 100 || 0);
}
