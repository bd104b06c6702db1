/** What the colours of a map stand for. */
import type { VNode } from 'preact';
import { formatNumber } from '../../../plot/format.js';

/** A bar from blue over nothing to warm, with its ends in numbers. @param opacity of full colour */
export function ScaleBar({ limit, opacity = 1 }: { readonly limit: number; readonly opacity?: number }): VNode {
  return (
    <p class="scale-bar small">
      <span>{formatNumber(-limit)}</span>
      <span class="scale-colors" style={`opacity:${opacity}`} aria-hidden="true" />
      <span>+{formatNumber(limit)}</span>
    </p>
  );
}
