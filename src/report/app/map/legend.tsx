/** What colours and shapes of a map mean. */
import type { VNode } from 'preact';
import { className } from '../parts/text.js';
import { SHAPES, TOLD_APART } from './colors.js';

const MARKS = { circle: '●', square: '■', triangle: '▲', diamond: '◆', cross: '✕', plus: '✚' } as const;

/** Of more classes a legend would be longer than its map; one of them is chosen from a list instead. */
const MOST_CLASSES = 40;

/** What a legend shows, and what it does. */
export interface LegendProps {
  readonly by: 'class' | 'suspicion' | 'effect';
  readonly classes: readonly number[];
  readonly classNames: readonly string[];
  /** The class that is singled out. */
  readonly chosen: number | undefined;
  readonly hasInputs: boolean;
  /** A class is pointed at, or has the focus; undefined when that ends. */
  readonly onLook: (label: number | undefined) => void;
  /** A class is singled out; undefined when it no longer is. */
  readonly onChoose: (label: number | undefined) => void;
}

/** The legend of a map. */
export function Legend({ by, classes, classNames, chosen, hasInputs, onLook, onChoose }: LegendProps): VNode {
  const hasMarks = classes.length <= TOLD_APART;
  const isListed = by === 'class' && classes.length <= MOST_CLASSES;
  return (
    <ul class="map-legend">
      {isListed &&
        classes.map((label, i) => (
          <li key={label}>
            <button
              type="button"
              class="link"
              aria-pressed={label === chosen}
              onPointerEnter={() => onLook(label)}
              onPointerLeave={() => onLook(undefined)}
              onFocus={() => onLook(label)}
              onBlur={() => onLook(undefined)}
              onClick={() => onChoose(label === chosen ? undefined : label)}
            >
              {hasMarks && (
                <span aria-hidden="true" style={`color:var(--series${i + 1})`}>
                  {MARKS[SHAPES[i]!]}{' '}
                </span>
              )}
              {className(classNames, label)}
            </button>
          </li>
        ))}
      {by === 'class' && !hasMarks && chosen === undefined && (
        <li class="muted">{isListed ? 'Point at a class' : 'Choose a class'} to see where it lies.</li>
      )}
      {by === 'suspicion' && (
        <li>
          <span class="opposing" aria-hidden="true">
            ■
          </span>{' '}
          suspects, the larger the more suspicious
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
