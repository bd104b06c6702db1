/** Signed values as bars to either side of zero. */
import type { VNode } from 'preact';
import { formatSigned } from '../../../plot/format.js';

/** A named value. */
export interface SignedBar {
  readonly name: string;
  /** What the input held there. */
  readonly held?: string | undefined;
  readonly value: number;
}

/** Bars with names and values. @param limit the magnitude of a full bar */
export function SignedBars({
  title,
  bars,
  limit,
}: {
  readonly title: string;
  readonly bars: readonly SignedBar[];
  readonly limit: number;
}): VNode {
  return (
    <ol class="signed-bars" aria-label={title}>
      {bars.map(({ name, held, value }, i) => {
        const width = limit > 0 ? Math.min(50, (50 * Math.abs(value)) / limit) : 0;
        return (
          <li key={i} class={value < 0 ? 'against' : 'for'}>
            <span class="name">
              {name}
              {held !== undefined && <span class="muted"> = {held}</span>}
            </span>
            <span class="track" aria-hidden="true">
              <span class="part" style={`width:${width}%;${value < 0 ? 'right' : 'left'}:50%`} />
            </span>
            <span class="value">{formatSigned(value)}</span>
          </li>
        );
      })}
    </ol>
  );
}
