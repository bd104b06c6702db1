/** How measures go together with losses, as a table. */
import { formatNumber } from '../../plot/format.js';
import type { Content, Markup } from '../../plot/markup.js';
import type { TrendsCorrelation, TrendsSeries } from '../../results/trends.js';
import { html } from '../html.js';
import { dataTable } from '../page.js';

/** Losses in the order of columns. */
const LOSSES = ['train', 'test', 'batch'] as const;

/** What is as likely by chance is not told from 0. */
const SIGNIFICANT = 0.05;

/** Whether a correlation can be told from 0: its interval leaves 0 out, and p is below 5 %. */
export function toldFromZero({ interval: [low, high], p }: TrendsCorrelation): boolean {
  return p < SIGNIFICANT && (low > 0 || high < 0);
}

/** A correlation with three decimals and a true minus sign: "−0.875". */
export function rhoText(value: number): string {
  const text = Math.abs(value).toFixed(3);
  return value < 0 && text !== '0.000' ? `−${text}` : text;
}

/** A probability: what is too small for a number of the machine is not 0. */
export function pText(p: number): string {
  return p === 0 ? '<10⁻³⁰⁰' : formatNumber(p, 2);
}

/** A row a measure, a column a loss, for one method on the images of one split. */
export function correlationTable({ split, rho }: TrendsSeries): Markup | undefined {
  if (rho.length === 0) return undefined;
  const losses = LOSSES.filter((loss) => rho.some((one) => one.loss === loss));
  const steps = Math.max(...rho.map((one) => one.steps));
  const least = Math.min(...rho.map((one) => one.steps));
  const blocks = [...new Set(rho.map(({ block }) => block))].sort((a, b) => a - b);
  return dataTable(
    `Spearman’s ρ on ${split} images: ${least === steps ? steps : `${least} to ${steps}`} steps, in blocks of ${blocks[0]!}${blocks.length > 1 ? ` to ${blocks.at(-1)!}` : ''}`,
    [
      { title: 'measure', value: (measure: string) => measure },
      ...losses.map((loss) => ({
        title: `with ${loss} loss`,
        numeric: true,
        value: (measure: string) => cell(rho.find((one) => one.measure === measure && one.loss === loss)),
      })),
    ],
    [...new Set(rho.map(({ measure }) => measure))],
  );
}

function cell(one: TrendsCorrelation | undefined): Content {
  if (!one) return '–';
  const { rho, interval, p, pIndependent } = one;
  const [low, high] = interval.map(rhoText);
  const certain = toldFromZero(one);
  return html(
    'span',
    { class: certain ? undefined : 'muted' },
    certain ? html('strong', {}, rhoText(rho)) : rhoText(rho),
    html('br'),
    html('span', { class: 'small' }, `${low!} to ${high!}`),
    html('br'),
    html('span', { class: 'small muted' }, `p ${pText(p)} (${pText(pIndependent)})`),
  );
}
