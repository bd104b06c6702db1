/** What colours and shapes of a map mean. */
import type { VNode } from 'preact';
import { className } from '../parts/text.js';
import { SHAPES, TOLD_APART } from './colors.js';

const MARKS = { circle: '●', square: '■', triangle: '▲', diamond: '◆', cross: '✕', plus: '✚' } as const;

/** The legend of a map. */
export function Legend({
  by,
  classes,
  classNames,
  isChosen,
  hasInputs,
}: {
  readonly by: 'class' | 'suspicion' | 'effect';
  readonly classes: readonly number[];
  readonly classNames: readonly string[];
  /** Whether one class is singled out. */
  readonly isChosen: boolean;
  readonly hasInputs: boolean;
}): VNode {
  return (
    <ul class="map-legend">
      {by === 'class' &&
        classes.length <= TOLD_APART &&
        classes.map((label, i) => (
          <li key={label}>
            <span aria-hidden="true" style={`color:var(--series${i + 1})`}>
              {MARKS[SHAPES[i]!]}
            </span>{' '}
            {className(classNames, label)}
          </li>
        ))}
      {by === 'class' && classes.length > TOLD_APART && !isChosen && (
        <li class="muted">Choose a class to see where it lies.</li>
      )}
      {by === 'suspicion' && (
        <li>
          <span class="opposing" aria-hidden="true">
            ■
          </span>{' '}
          suspects, the larger the likelier their label is wrong
        </li>
      )}
      {by === 'effect' && (
        <>
          <li>
            <span class="accent" aria-hidden="true">
              ●
            </span>{' '}
            helps the open input
          </li>
          <li>
            <span class="opposing" aria-hidden="true">
              ■
            </span>{' '}
            hurts it
          </li>
        </>
      )}
      {hasInputs && (
        <li>
          <span aria-hidden="true">○</span> input
        </li>
      )}
    </ul>
  );
}
