/** Curves that grow step by step. */
import { seriesColor, seriesDash } from '../../../plot/colors.js';
import { formatNumber } from '../../../plot/format.js';

/** One line of a plot. */
export interface Curve {
  readonly label: string;
  /** A number a step. */
  readonly values: ArrayLike<number>;
  /** Which colour of the series it has; undefined is grey, behind all others. */
  readonly series?: number | undefined;
}

const [WIDTH, HEIGHT] = [560, 220];
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 12, 10, 28];

/** Most points of a line: more than there are pixels only take time. */
const MOST_POINTS = 600;

/**
 * A plot of curves over the steps of a training.
 * @param total where the axis of steps ends
 * @param what its vertical axis shows
 */
export function Curves({ curves, total, what }: { curves: readonly Curve[]; total: number; what: string }) {
  const [low, high] = rangeOf(curves);
  const x = (step: number) => LEFT + ((WIDTH - LEFT - RIGHT) * step) / Math.max(1, total);
  const y = (value: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low || 1);
  const drawn = [...curves].sort((a, b) => (b.series ?? Infinity) - (a.series ?? Infinity));
  const ends = curves.map(({ label, values }) => `${label} ${formatNumber(values[values.length - 1] ?? 0)}`);
  return (
    <svg
      class="curves"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${what} by step: ${ends.join(', ')}`}
    >
      <line class="stroke-rule" x1={LEFT} x2={WIDTH - RIGHT} y1={y(Math.max(low, 0))} y2={y(Math.max(low, 0))} />
      {[high, low].map((value) => (
        <text key={value} class="fill-muted" x={LEFT - 6} y={y(value) + 4} text-anchor="end">
          {formatNumber(value)}
        </text>
      ))}
      <text class="fill-muted" x={LEFT} y={HEIGHT - 8}>
        step 0
      </text>
      <text class="fill-muted" x={WIDTH - RIGHT} y={HEIGHT - 8} text-anchor="end">
        {total}
      </text>
      {drawn.map(({ values, series }, i) => (
        <path
          key={i}
          d={pathOf(values, x, y)}
          fill="none"
          class={series === undefined ? 'stroke-area' : `stroke-${seriesColor(series)}`}
          stroke-width={series === undefined ? 1 : 2}
          stroke-dasharray={series === undefined ? undefined : seriesDash(series)}
        />
      ))}
    </svg>
  );
}

function rangeOf(curves: readonly Curve[]): [number, number] {
  let [low, high] = [0, 0];
  for (const { values } of curves) {
    for (let i = 0; i < values.length; i++) {
      low = Math.min(low, values[i]!);
      high = Math.max(high, values[i]!);
    }
  }
  return high > low ? [low, high] : [low, low + 1];
}

function pathOf(values: ArrayLike<number>, x: (step: number) => number, y: (value: number) => number): string {
  const stride = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  let path = '';
  for (let i = 0; i < values.length; i += stride) {
    path += `${path === '' ? 'M' : 'L'}${x(i + 1).toFixed(1)} ${y(values[i]!).toFixed(1)}`;
  }
  return path;
}
