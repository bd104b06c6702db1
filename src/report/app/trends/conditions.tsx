/** Conditions that were asked for: those that were met cannot be overlooked. */
import type { VNode } from 'preact';
import { formatCount } from '../../../plot/format.js';
import type { TrendsCondition } from '../../../results/trends.js';

/** Those that were met, then the others. */
export function Conditions({ conditions }: { readonly conditions: readonly TrendsCondition[] }): VNode {
  const met = conditions.filter((one) => one.met);
  const others = conditions.filter((one) => !one.met);
  const list = (some: readonly TrendsCondition[]) => (
    <ul>
      {some.map(({ condition, detail }) => (
        <li key={condition}>
          <strong>{condition}</strong>: {detail}
        </li>
      ))}
    </ul>
  );
  return (
    <>
      {met.length > 0 && (
        <div class="notice" role="note">
          <strong>
            Failed: {formatCount(met.length)} of {formatCount(conditions.length)} conditions to fail on{' '}
            {met.length === 1 ? 'was' : 'were'} met
          </strong>
          {list(met)}
        </div>
      )}
      {others.length > 0 && (
        <>
          <p>{met.length === 0 ? 'No condition to fail on was met:' : 'Not met:'}</p>
          {list(others)}
        </>
      )}
    </>
  );
}
