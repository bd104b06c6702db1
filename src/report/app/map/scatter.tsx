/** The map itself: a canvas with points that a pointer or the arrow keys walk over, and a line drawn around some of them. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Looks } from './colors.js';
import { drawPoints, frameOf, MARGIN } from './draw.js';
import { nearest, nextTowards, SIDE, type MapPoint, type Place, type Points } from './points.js';

/** A pointer within so many pixels of a point is on it; one that moves further while it is pressed draws a line. */
const [REACH, STILL] = [14, 5];
/** Pixels from corner to corner of a line that is drawn, so that an address stays short. */
const CORNER = 9;

const ARROWS: Readonly<Record<string, Place>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What is shown, and what happens. */
export interface ScatterProps {
  readonly map: Points;
  readonly looks: Looks;
  /** Whether a point stands out; the others are faint. */
  readonly isBright: (point: MapPoint) => boolean;
  /** The line around chosen points; empty for none. */
  readonly lasso: readonly Place[];
  /** The point that is looked at. */
  readonly current: MapPoint | undefined;
  readonly label: string;
  readonly onLook: (point: MapPoint) => void;
  readonly onOpen: (point: MapPoint) => void;
  readonly onLasso: (polygon: readonly Place[]) => void;
}

/** The map. */
export function Scatter(props: ScatterProps): VNode {
  const { map, looks, isBright, lasso, current, label, onLook, onOpen, onLasso } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, theme } = useSize(canvas, map);
  const frame = useMemo(() => frameOf(width), [width]);
  const [line, setLine] = useState<readonly Place[] | undefined>();
  const { points } = map;
  useEffect(() => {
    if (canvas.current) drawPoints(canvas.current, points, looks, frame, isBright);
  }, [points, looks, frame, isBright, theme, height]);
  const pixelOf = (event: PointerEvent): Place => {
    const { left, top } = canvas.current!.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const under = (event: PointerEvent) => nearest(points, frame.toPlace(pixelOf(event)), REACH / frame.scale);
  const move = (event: PointerEvent) => {
    if (!line) {
      const point = under(event);
      if (point) onLook(point);
      return;
    }
    const pixel = pixelOf(event);
    const last = frame.toPixel(line.at(-1)!);
    const far = line.length === 1 ? STILL : CORNER;
    if (Math.hypot(pixel[0] - last[0], pixel[1] - last[1]) > far) setLine([...line, frame.toPlace(pixel)]);
  };
  const end = (event: PointerEvent) => {
    const drawn = line ?? [];
    setLine(undefined);
    if (drawn.length > 2) onLasso(drawn);
    else {
      const point = under(event);
      if (!point) return;
      onLook(point);
      onOpen(point);
    }
  };
  const press = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    const [first] = points;
    if (arrow && first) {
      const next = current ? nextTowards(points, current, arrow) : first;
      if (next) onLook(next);
    } else if ((event.key === 'Enter' || event.key === ' ') && current) onOpen(current);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = line ?? lasso;
  const mark = current && frame.toPixel(current.place);
  return (
    <div class="scatter" style={`max-width:min(860px,${Math.round((68 * SIDE) / map.height)}vh)`}>
      <canvas
        ref={canvas}
        style={`height:${height}px`}
        tabIndex={0}
        role="application"
        aria-roledescription="map"
        aria-label={label}
        onKeyDown={press}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setLine([frame.toPlace(pixelOf(event))]);
        }}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={() => setLine(undefined)}
      />
      <svg aria-hidden="true">
        {shown.length > 1 && <polygon points={shown.map((place) => frame.toPixel(place).join(',')).join(' ')} />}
        {mark && <circle cx={mark[0]} cy={mark[1]} r="9" />}
      </svg>
    </div>
  );
}

/** The size of the canvas on the page, and whether the page is dark: both call for drawing again. */
function useSize(canvas: { readonly current: HTMLCanvasElement | null }, map: Points) {
  const [width, setWidth] = useState(600);
  const [theme, setTheme] = useState('');
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(String(dark.matches));
    dark.addEventListener('change', follow);
    return () => {
      watch.disconnect();
      dark.removeEventListener('change', follow);
    };
  }, [canvas]);
  const height = Math.round(((width - 2 * MARGIN) * map.height) / SIDE + 2 * MARGIN);
  return { width, height, theme };
}
