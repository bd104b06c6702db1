/** HTML elements as strings; text is escaped by construction (see plot/markup). */
import { openTag, render, type MarkupAttributes, type Content, type Markup } from '../plot/markup.js';

const voidElements = new Set(['br', 'hr', 'img', 'input', 'link', 'meta']);

/** An HTML element. */
export function html(name: string, attributes: MarkupAttributes = {}, ...content: readonly Content[]): Markup {
  const tag = openTag(name, attributes);
  return { markup: voidElements.has(name) ? `${tag}>` : `${tag}>${render(content)}</${name}>` };
}
