/** A score as the sum of its parts, one after another. */
import type { VNode } from 'preact';
import { formatNumber, formatSigned } from '../../../plot/format.js';

/** A part of a sum. */
export interface WaterfallPart {
  readonly name: string;
  readonly value: number;
  /** What it is, where the name does not say it. */
  readonly note?: string | undefined;
}

/** Parts as bars that begin where the one before ended, and their sum. @param unit of all values, for the label */
export function Waterfall({
  title,
  parts,
  total,
  unit,
}: {
  readonly title: string;
  readonly parts: readonly WaterfallPart[];
  readonly total: WaterfallPart;
  readonly unit: string;
}): VNode {
  let sum = 0;
  const bars = parts.map((part) => {
    const from = sum;
    sum += part.value;
    return { ...part, from, to: sum };
  });
  const all = [{ ...total, from: 0, to: total.value }, ...bars];
  const low = Math.min(0, ...all.flatMap(({ from, to }) => [from, to]));
  const high = Math.max(0, ...all.flatMap(({ from, to }) => [from, to]));
  const at = (value: number) => (high === low ? 0 : ((value - low) / (high - low)) * 100);
  const row = (bar: (typeof all)[number], kind: string, text: string) => (
    <li key={bar.name} class={kind}>
      <span class="name" title={bar.note}>
        {bar.name}
      </span>
      <span class="track" aria-hidden="true">
        <span class="zero" style={`left:${at(0)}%`} />
        <span
          class="part"
          style={`left:${at(Math.min(bar.from, bar.to))}%;width:${Math.max(at(Math.max(bar.from, bar.to)) - at(Math.min(bar.from, bar.to)), 0.4)}%`}
        />
      </span>
      <span class="value">{text}</span>
    </li>
  );
  return (
    <div class="waterfall">
      <p class="table-title">{title}</p>
      <ol aria-label={`${title}, in ${unit}`}>
        {bars.map((bar) => row(bar, bar.value < 0 ? 'against' : 'for', formatSigned(bar.value)))}
        {row(all[0]!, 'total', formatNumber(total.value))}
      </ol>
    </div>
  );
}

/** The parts in the order of their size, the smallest ones together. @param most parts that keep their name */
export function largestParts(parts: readonly WaterfallPart[], most: number): WaterfallPart[] {
  const sorted = [...parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const rest = sorted.slice(most);
  if (rest.length < 2) return sorted;
  const value = rest.reduce((sum, part) => sum + part.value, 0);
  return [...sorted.slice(0, most), { name: `${rest.length} others together`, value }];
}
