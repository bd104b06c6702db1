/** What every report says of an explained input before it explains it: the picture, the decision, whether it is right. */
import { formatPercent } from '../plot/format.js';
import type { Content, Markup } from '../plot/markup.js';
import type { EmbeddedImage } from '../plot/pixel-image.js';
import { whereOf } from './example-name.js';
import { html } from './html.js';
import { picture, probabilityBars } from './page.js';

/** An explained input as results describe it. */
export interface DecidedInput {
  readonly input: string;
  readonly inputFile?: string | undefined;
  readonly inputRow?: number | undefined;
  readonly inputNotes?: Readonly<Record<string, string>> | undefined;
  readonly predicted: LabelledClass & { readonly probability: number };
  readonly truth?: LabelledClass | undefined;
  /** Most probable first; a single one is a score and no probability. */
  readonly topClasses: readonly { readonly label: string; readonly probability: number }[];
}

interface LabelledClass {
  readonly class: number;
  readonly label: string;
}

/** An input and where its section begins. */
export interface ListedInput {
  readonly id: string;
  readonly query: DecidedInput;
  readonly image: EmbeddedImage | undefined;
}

/** Classes that get a bar. */
const BARS = 4;

/**
 * The top of an input's section.
 * @param lede the point of the section in a sentence
 */
export function queryHead({ id, query, image }: ListedInput, lede: Content): Markup {
  const { input, predicted, topClasses } = query;
  const isProbability = topClasses.length > 1;
  return html(
    'div',
    { class: 'hero' },
    image && picture(image, `the input, ${input}`, 196),
    html(
      'div',
      {},
      html(
        'h2',
        { id: `${id}-title` },
        html('span', { class: 'accent' }, predicted.label),
        isProbability ? `, ${formatPercent(predicted.probability)}` : undefined,
      ),
      html('p', { class: 'muted' }, input, whereabouts(query), truthRemark(query)),
      notesOf(query),
      html('p', { class: 'lede' }, lede),
      isProbability ? probabilityBars(topClasses.slice(0, BARS)) : undefined,
    ),
  );
}

function whereabouts({ inputFile, inputRow }: DecidedInput): Content {
  const where = whereOf({ file: inputFile, row: inputRow });
  return where === '' ? undefined : ` (${where})`;
}

/** What the data set says of the input beside its class. */
function notesOf({ inputNotes = {} }: DecidedInput): Content {
  const notes = Object.entries(inputNotes);
  if (notes.length === 0) return undefined;
  return html('p', { class: 'muted small' }, notes.map(([name, text]) => `${name}: ${text}`).join(' · '));
}

function truthRemark({ truth, predicted }: DecidedInput): Content {
  if (truth === undefined) return undefined;
  if (truth.class === predicted.class) return ' · the true class';
  return [' · ', html('strong', { class: 'opposing' }, `wrong: the true class is ${truth.label}`)];
}

/** Links to the sections of several inputs; nothing where there is one. */
export function queryList(inputs: readonly ListedInput[]): Markup | undefined {
  if (inputs.length < 2) return undefined;
  return html(
    'nav',
    { 'aria-label': 'explained inputs' },
    html(
      'ol',
      { class: 'picks' },
      inputs.map(({ id, query: { input, predicted, topClasses }, image }) =>
        html(
          'li',
          {},
          html(
            'a',
            { href: `#${id}` },
            image && picture(image, '', 44),
            html(
              'span',
              {},
              html('strong', {}, predicted.label),
              topClasses.length > 1 ? `, ${formatPercent(predicted.probability)}` : undefined,
              html('br'),
              html('span', { class: 'muted small' }, input),
            ),
          ),
        ),
      ),
    ),
  );
}

/** A remark as a sentence. */
export function sentence(remark: string): string {
  return `${remark.charAt(0).toUpperCase()}${remark.slice(1)}.`;
}
