/** What moves through the steps of the page: a slider, enlarged maps, and the script between them (Node only). */
import { formatCount } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import { markerClass } from '../../plot/plot-frame.js';
import { html } from '../html.js';
import { inlineScript } from '../inline-script.js';

/** Steps of a slider where there are no maps to show. */
const MOST_STEPS = 101;

/** The steps that the slider stops at: those of the maps, or some of all. */
export function sliderSteps(all: readonly number[], ofMaps: readonly (readonly number[])[]): number[] {
  const maps = [...new Set(ofMaps.flat())].sort((a, b) => a - b);
  if (maps.length > 0) return maps;
  const count = Math.min(all.length, MOST_STEPS);
  return Array.from(
    { length: count },
    (_, i) => all[count === 1 ? 0 : Math.round((i * (all.length - 1)) / (count - 1))]!,
  );
}

/** The slider, hidden where no script runs; nothing where there is no second step to go to. */
export function stepper(steps: readonly number[], what: string): Markup | undefined {
  if (steps.length < 2) return undefined;
  const last = steps.length - 1;
  return html(
    'div',
    { class: 'stepper', id: 'stepper', hidden: true },
    html('label', { for: 'step' }, `Step shown in ${what}`),
    html('input', {
      ...{ type: 'range', id: 'step', min: 0, max: last, step: 1, value: last },
      ...{ 'data-steps': steps.join(' '), 'aria-valuetext': `step ${formatCount(steps[last]!)}` },
    }),
    html('output', { for: 'step', id: 'step-shown' }, formatCount(steps[last]!)),
  );
}

/** A map of a strip, enlarged by the script from the strip's own picture, over the picture of the input. */
export function enlargedMap(strip: string, picture: string | undefined, caption: Content): Markup {
  return html(
    'div',
    { class: 'zoom', 'data-strip': strip, 'data-picture': picture },
    html('div', { class: 'zoomed', role: 'img', 'aria-label': caption === undefined ? 'map' : 'map at this step' }),
    html('span', { class: 'small' }, caption),
    html('span', { class: 'small muted zoom-target' }),
  );
}

/**
 * Everything that it shows is in the page already: steps in the slider and the strips, maps in the strips' pictures. The markers of
 * plots say where they can go.
 */
export const stepperScript = inlineScript(`(() => {
  const slider = document.getElementById('step');
  if (!slider) return;
  const steps = slider.dataset.steps.split(' ').map(Number);
  const shown = document.getElementById('step-shown');
  const markers = [...document.querySelectorAll('.${markerClass}')].map((line) => {
    const [from, to, start, end] = ['from', 'to', 'start', 'end'].map((key) => Number(line.dataset[key]));
    return (step) => {
      const x = to > from ? start + ((step - from) / (to - from)) * (end - start) : (start + end) / 2;
      line.setAttribute('transform', 'translate(' + x + ' 0)');
      line.setAttribute('visibility', 'visible');
    };
  });
  const zooms = [...document.querySelectorAll('.zoom')].map((zoom) => {
    const strip = document.getElementById(zoom.dataset.strip);
    const frames = [...strip.querySelectorAll('li')];
    const box = zoom.querySelector('.zoomed');
    const target = zoom.querySelector('.zoom-target');
    const picture = document.getElementById(zoom.dataset.picture);
    const copy = (image, name) => {
      const own = image.cloneNode();
      own.className = name;
      own.removeAttribute('id');
      own.alt = '';
      box.append(own);
      return own;
    };
    if (picture) copy(picture, 'under');
    const source = strip.querySelector('img');
    const maps = copy(source, 'maps-in-row');
    maps.style.width = 100 * frames.length + '%';
    box.style.aspectRatio = source.width / frames.length + ' / ' + source.height;
    return (step) => {
      const after = frames.findIndex((frame) => Number(frame.dataset.step) > step);
      const at = Math.max(0, (after < 0 ? frames.length : after) - 1);
      maps.style.left = -100 * at + '%';
      target.textContent = 'for ' + frames[at].dataset.target;
      frames.forEach((frame, i) => frame.classList.toggle('current', i === at));
    };
  });
  const show = () => {
    const step = steps[slider.value];
    const text = step.toLocaleString('en-US');
    shown.textContent = text;
    slider.setAttribute('aria-valuetext', 'step ' + text);
    for (const move of [...markers, ...zooms]) move(step);
  };
  slider.addEventListener('input', show);
  for (const hidden of document.querySelectorAll('#stepper, .zooms')) hidden.hidden = false;
  show();
})();`);
