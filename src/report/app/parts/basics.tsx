/** Small parts that all views are built from. */
import type { ComponentChildren, RefObject, VNode } from 'preact';
import { formatNumber, formatPercent } from '../../../plot/format.js';
import { usePage } from '../context.js';
import type { ProbableClass } from '../decisions.js';
import type { Fact, Trust } from '../kind-view.js';

/** How long something took, where that was noted: what shards computed, elsewhere and at various times, has no time. */
export function timeFact(seconds: number | undefined, name = 'time'): Fact[] {
  if (seconds === undefined) return [];
  return [[name, seconds < 0.1 ? `${formatNumber(1000 * seconds)} ms` : `${formatNumber(seconds)} s`]];
}

/** Short facts in a line that wraps. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }): VNode {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Something to be opened by those who want it. */
export function Fold({ title, children }: { readonly title: string; readonly children: ComponentChildren }): VNode {
  return (
    <details class="fold">
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** A warning that must not be overlooked. */
export function Notice({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <p class="notice" role="note">
      {children}
    </p>
  );
}

const LEVELS = { good: 'can be trusted', limited: 'with care', bad: 'do not rely on it' } as const;

/** How far something can be believed: the level in a word, why in a fold. */
export function TrustBadge({ trust }: { readonly trust: Trust }): VNode {
  const { level, says, facts } = trust;
  return (
    <details class={`trust trust-${level}`}>
      <summary>
        <span class="trust-mark" aria-hidden="true" />
        {LEVELS[level]}
      </summary>
      <p>{says}</p>
      <Facts facts={facts} />
    </details>
  );
}

/** Probabilities as bars, the first singled out. */
export function ProbabilityBars({ classes }: { readonly classes: readonly ProbableClass[] }): VNode {
  return (
    <ol class="bars" aria-label="most probable classes">
      {classes.map(({ class: index, label, probability }, i) => (
        <li key={index} class={i === 0 ? 'first' : undefined}>
          <span>{label}</span>
          <span class="bar" style={`width:${Math.round(probability * 1000) / 10}%`} />
          <span class="value">{formatPercent(probability)}</span>
        </li>
      ))}
    </ol>
  );
}

/** A plot of ours as part of the page. */
export interface PlotProps {
  /** A document of src/plot, whose texts are escaped. */
  readonly svg: string;
  /** Gets what the plot stands in. */
  readonly box?: RefObject<HTMLDivElement | null> | undefined;
  readonly children?: ComponentChildren;
}

/** The plot; on a narrow screen it scrolls, by the arrow keys too. */
export function Plot({ svg, box, children }: PlotProps): VNode {
  return (
    <figure>
      <div
        class="plot"
        role="group"
        aria-label="plot"
        tabIndex={0}
        ref={box}
        dangerouslySetInnerHTML={{ __html: svg }}
      />
      {children !== undefined && <figcaption>{children}</figcaption>}
    </figure>
  );
}

/** One of several to be chosen. */
export interface ChoiceProps<T> {
  readonly title: string;
  /** The chosen one. */
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChoose: (value: T) => void;
}

/** A choice out of a few, as buttons side by side. */
export function Choice<T extends string>({ title, value, options, onChoose }: ChoiceProps<T>): VNode {
  return (
    <div class="choice" role="group" aria-label={title}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChoose(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}

/** A choice out of many. */
export function Select<T extends string | number>({ title, value, options, onChoose }: ChoiceProps<T>): VNode {
  return (
    <label class="select">
      <span class="muted">{title}</span>{' '}
      <select
        value={String(value)}
        onChange={({ currentTarget }) => {
          const chosen = options.find((option) => String(option.value) === currentTarget.value);
          if (chosen) onChoose(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={String(option.value)} value={String(option.value)} selected={option.value === value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What only a page with a script has. */
export function Interactive({ children }: { readonly children: ComponentChildren }): VNode | null {
  return usePage().isPaper ? null : <>{children}</>;
}
