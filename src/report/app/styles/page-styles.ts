/** The style sheet of all pages. */
import { themeStyles } from '../../../plot/colors.js';
import { base } from './base.js';
import { layout } from './layout.js';
import { parts } from './parts.js';

/** The style sheet, colours included. */
export function pageStyles(): string {
  return themeStyles() + [base, parts, layout].join('').replaceAll('\n', '');
}
