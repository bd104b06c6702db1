/** A map over the picture that it explains; a cell of it is read by mouse or arrow keys. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { coloredMap } from '../../../plot/heatmap.js';
import { embedPixels } from '../../../plot/pixel-image.js';
import type { Plane } from '../../attribute/maps.js';
import { Picture } from '../parts/picture.js';
import type { Pictured } from '../payload.js';

/** A place of a map, in shares of its width and height, so that maps of other sizes find it too. */
export interface MapCursor {
  readonly x: number;
  readonly y: number;
}

/** What is shown. */
export interface MapViewProps {
  readonly map: Plane;
  /** The magnitude that gets the full colour. */
  readonly limit: number;
  /** What lies below it. */
  readonly over?: Pictured | undefined;
  /** Its longer side on the page, in pixels. */
  readonly size: number;
  /** What it shows, for those who cannot see it; empty where that is said beside it. */
  readonly label: string;
  /** Of the map, from 0 to 1. */
  readonly opacity?: number;
  readonly cursor?: MapCursor | undefined;
  /** Told where the reader points; without it, cells cannot be read. */
  readonly onCursor?: (cursor: MapCursor) => void;
}

/** The map. */
export function MapView({ map, limit, over, size, label, opacity = 0.75, cursor, onCursor }: MapViewProps): VNode {
  const { columns, rows } = map;
  const image = useMemo(() => embedPixels(coloredMap(map, limit || 1)), [map, limit]);
  const scale = size / Math.max(columns, rows);
  const style = `width:${columns * scale}px;height:${rows * scale}px`;
  const reading = onCursor && {
    tabIndex: 0,
    onPointerMove: (event: PointerEvent) => {
      const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
      onCursor({
        x: within((event.clientX - box.left) / box.width),
        y: within((event.clientY - box.top) / box.height),
      });
    },
    onKeyDown: (event: KeyboardEvent) => {
      const way = WAYS[event.key];
      if (!way) return;
      event.preventDefault();
      const [column, row] = cellOf(map, cursor ?? CENTRE);
      const [right, down] = cursor ? way : [0, 0];
      onCursor({ x: within((column + right + 0.5) / columns), y: within((row + down + 0.5) / rows) });
    },
  };
  const named = label === '' ? { 'aria-hidden': true as const } : { role: 'img' as const, 'aria-label': label };
  const cell = cursor && cellOf(map, cursor);
  return (
    <div class="map" style={style} {...named} {...reading}>
      {over && <Picture of={over} size={size} alt="" />}
      <img src={image.href} alt="" style={`opacity:${opacity}`} />
      {cell && (
        <span
          class="map-cell"
          style={`left:${(cell[0] / columns) * 100}%;top:${(cell[1] / rows) * 100}%;width:${100 / columns}%;height:${100 / rows}%`}
        />
      )}
    </div>
  );
}

const WAYS: Readonly<Record<string, readonly [right: number, down: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const CENTRE: MapCursor = { x: 0.5, y: 0.5 };

/** The last share still lies in the last cell. */
const within = (share: number): number => Math.min(1 - 1e-9, Math.max(0, share));

/** The cell that a cursor lies in. */
function cellOf({ columns, rows }: Plane, { x, y }: MapCursor): [column: number, row: number] {
  return [Math.floor(x * columns), Math.floor(y * rows)];
}

/** What a cursor points at: the cell from 1, and its value. */
export function readAt(map: Plane, cursor: MapCursor): { column: number; row: number; value: number } {
  const [column, row] = cellOf(map, cursor);
  return { column: column + 1, row: row + 1, value: map.values[row * map.columns + column]! };
}
