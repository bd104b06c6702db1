/** The style sheet of all pages. */
import { themeStyles } from '../../../plot/colors.js';
import { base } from './base.js';
import { layout } from './layout.js';
import { maps } from './maps.js';
import { parts } from './parts.js';
import { scatter } from './scatter.js';

/** The style sheet, colours included. */
export function pageStyles(): string {
  return themeStyles() + [base, parts, maps, scatter, layout].join('').replaceAll('\n', '');
}
