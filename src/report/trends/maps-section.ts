/** The strips of maps on the page. */
import { formatCount, formatNumber } from '../../plot/format.js';
import type { Markup } from '../../plot/markup.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { TrendsResult, TrendsStrip } from '../../results/trends.js';
import { className } from '../class-name.js';
import { html } from '../html.js';
import { notice } from '../page.js';
import { enlargedMap } from './stepper.js';
import { stripImageName } from './strips.js';

/** A strip as the page shows it. */
export interface StripOnPage {
  readonly strip: TrendsStrip;
  /** Of the method, and its layer where it has one. */
  readonly title: string;
  readonly image: EmbeddedImage | undefined;
  /** All maps side by side. */
  readonly sprite: EmbeddedImage;
  /** Of the maps that are shown. */
  readonly steps: readonly number[];
  readonly targets: readonly number[];
  readonly limit: number;
  /** Edge of the squares of pixels whose means are drawn. */
  readonly square: number;
}

/** Width of a map in a strip, in pixels. */
const FRAME = 40;

/** Strips by image; enlarged maps above them where a script runs. */
export function mapsSection(result: TrendsResult, strips: readonly StripOnPage[], hidden: number): Markup | undefined {
  if (result.strips.length === 0) return undefined;
  const images = [...new Set(strips.map(({ strip }) => strip.image))];
  const ofImage = (image: number) =>
    strips.map((strip, i) => ({ ...strip, id: `strip-${i}` })).filter(({ strip }) => strip.image === image);
  const pictureId = (image: number) => `picture-${image}`;
  return html(
    'section',
    { class: 'entry', 'aria-labelledby': 'maps-title' },
    html('h2', { id: 'maps-title' }, 'Maps over training'),
    html(
      'p',
      {},
      'Warm parts of a map speak for the class, blue ones against it. All maps of a strip have one scale, so that early ones are pale ' +
        'where relevance grows: full colour begins at the limit beside the name, within which 99.5 % of the pixels of each map are.',
    ),
    hidden > 0
      ? notice(`${formatCount(hidden)} more strips are in result.json and not shown here, or are no images.`)
      : undefined,
    html(
      'div',
      { class: 'zooms', hidden: true },
      images.map((image) =>
        html(
          'div',
          { class: 'zoom-group' },
          html('p', { class: 'small' }, nameOf(result, ofImage(image)[0]!)),
          html(
            'div',
            {},
            ofImage(image).map(({ id, title, image: own }) => enlargedMap(id, own && pictureId(image), title)),
          ),
        ),
      ),
    ),
    images.map((image) => {
      const own = ofImage(image);
      const [first] = own;
      return html(
        'div',
        { class: 'strip-image' },
        html('h4', {}, nameOf(result, first!)),
        html(
          'div',
          { class: 'strip-rows' },
          first!.image && html('div', { class: 'strip-input' }, pictureOf(first!.image, pictureId(image))),
          html(
            'div',
            {},
            own.map((strip) => stripRow(result, strip)),
          ),
        ),
      );
    }),
  );
}

const nameOf = (result: TrendsResult, { strip }: StripOnPage) => stripImageName(result, strip);

function pictureOf(image: EmbeddedImage, id: string): Markup {
  return html('img', {
    ...{ id, src: image.href, alt: 'the input', width: image.width, height: image.height },
    class: image.width < 96 ? 'pixelated' : undefined,
  });
}

/** What of the maps the page does not show: all of it is in the arrays beside it. */
function whatIsLeft({ strip, steps, square }: StripOnPage): string {
  const some = steps.length < strip.steps.length ? `; ${steps.length} of ${strip.steps.length} maps` : '';
  return square > 1 ? `${some}; means of ${square} × ${square} pixels` : some;
}

function stripRow(result: TrendsResult, strip: StripOnPage & { readonly id: string }): Markup {
  const { id, title, sprite, steps, targets, limit } = strip;
  const labels = targets.map((target) => className(result.classNames, target));
  return html(
    'div',
    {},
    html(
      'p',
      { class: 'small' },
      html('strong', {}, title),
      html('span', { class: 'muted' }, ` limit ${formatNumber(limit)}${whatIsLeft(strip)}`),
    ),
    html(
      'div',
      { class: 'strip-scroll', role: 'region', 'aria-label': `${title}: maps over training`, tabindex: 0 },
      html(
        'div',
        { class: 'strip', id, style: `width:${FRAME * steps.length}px` },
        html('img', {
          ...{ src: sprite.href, width: sprite.width, height: sprite.height, class: 'pixelated' },
          alt: `${steps.length} maps by ${title}, from step ${steps[0]!} to step ${steps.at(-1)!}`,
        }),
        html(
          'ol',
          {},
          steps.map((step, i) =>
            html(
              'li',
              { 'data-step': step, 'data-target': labels[i]!, title: `step ${formatCount(step)}, for ${labels[i]!}` },
              html('span', {}, formatCount(step)),
              html('span', { class: 'muted' }, labels[i] === labels[i - 1] ? undefined : labels[i]!),
            ),
          ),
        ),
      ),
    ),
  );
}
