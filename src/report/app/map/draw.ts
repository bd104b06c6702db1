/** Points on a canvas. */
import type { Color } from '../../../plot/colors.js';
import type { Look, Looks, Shape } from './colors.js';
import { SIDE, type MapPoint, type Place } from './points.js';

/** Room around the points in pixels, so that none is cut. */
export const MARGIN = 12;

/** From places to pixels of the page, and back. */
export interface Frame {
  readonly toPixel: (place: Place) => Place;
  readonly toPlace: (pixel: Place) => Place;
  /** Pixels of the page for one unit of a place. */
  readonly scale: number;
}

/** Places on a canvas of this width. */
export function frameOf(width: number): Frame {
  const scale = Math.max(1, width - 2 * MARGIN) / SIDE;
  return {
    scale,
    toPixel: ([x, y]) => [MARGIN + x * scale, MARGIN + y * scale],
    toPlace: ([x, y]) => [(x - MARGIN) / scale, (y - MARGIN) / scale],
  };
}

/** Draws all points, those that stand out last; those that are not bright are faint. */
export function drawPoints(
  canvas: HTMLCanvasElement,
  points: readonly MapPoint[],
  looks: Looks,
  frame: Frame,
  isBright: (point: MapPoint) => boolean,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.lineWidth = 1.6;
  const style = getComputedStyle(canvas);
  const colors = new Map<Color, string>();
  const colorOf = (name: Color) => {
    const found = colors.get(name) ?? style.getPropertyValue(`--${name}`).trim();
    colors.set(name, found);
    return found;
  };
  const seen = points.map((point) => ({ point, look: looks(point) })).sort((a, b) => a.look.front - b.look.front);
  for (const { point, look } of seen) {
    context.globalAlpha = isBright(point) ? 1 : 0.18;
    context.fillStyle = context.strokeStyle = colorOf(look.color);
    drawShape(context, look, frame.toPixel(point.place));
  }
  context.globalAlpha = 1;
}

/** Filled shapes as paths around the middle, in units of the radius. */
const CORNERS: Partial<Record<Shape, readonly Place[]>> = {
  square: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  triangle: [
    [0, -1.25],
    [1.15, 0.85],
    [-1.15, 0.85],
  ],
  diamond: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
};

function drawShape(context: CanvasRenderingContext2D, { shape, radius }: Look, [x, y]: Place): void {
  context.beginPath();
  const corners = CORNERS[shape];
  if (corners) {
    for (const [dx, dy] of corners) context.lineTo(x + dx * radius, y + dy * radius);
    context.fill();
  } else if (shape === 'circle') {
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  } else if (shape === 'ring') {
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  } else {
    const [dx, dy] = shape === 'cross' ? [radius, radius] : [1.3 * radius, 0];
    context.moveTo(x - dx, y - dy);
    context.lineTo(x + dx, y + dy);
    context.moveTo(x + dy, y - dx);
    context.lineTo(x - dy, y + dx);
    context.stroke();
  }
}
