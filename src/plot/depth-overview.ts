/** How much of each layer's representation each class accounts for: one strip per layer, from input to output. */
import { divergingScale } from './diverging-scale.js';
import { formatSignedPercent } from './format.js';
import { svg, svgDocument, svgText, textWidth } from './svg.js';

/** What a depth overview shows. */
export interface DepthOverviewOptions {
  /** Input side first: top to bottom. */
  readonly layers: readonly string[];
  /** From left to right. */
  readonly classes: readonly string[];
  /** Signed shares, −1 to 1: `shares[layer][class]`. */
  readonly shares: readonly (readonly number[])[];
  /** Index of the predicted class. */
  readonly highlighted?: number;
  /** What a share is of. */
  readonly scaleTitle: string;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly width?: number;
}

const rowHeight = 24;
const font = 11;

/** Cells coloured by sign and size, centred on zero, with the scale; the predicted class's column is framed. */
export function depthOverview(options: DepthOverviewOptions): string {
  const { layers, classes, shares, highlighted, scaleTitle, label, width = 400 } = options;
  const labelWidth = Math.min(130, Math.max(...layers.map((name) => textWidth(name, font)), 30)) + 10;
  // Column titles lean by 45°: each takes its length / √2 above the cells, and to the right of its column's middle.
  const titleReach = Math.min(80, Math.max(...classes.map((name) => textWidth(name, font)), 0));
  const beyond = titleReach * Math.SQRT1_2 - 4;
  const columnWidth = Math.min(46, (width - labelWidth - beyond) / Math.max(classes.length, 1));
  const top = titleReach * Math.SQRT1_2 + 16;
  const bottom = top + layers.length * rowHeight;
  const across = (column: number) => labelWidth + column * columnWidth;
  const limit = Math.max(...shares.flat().map(Math.abs), 0) || 1;

  const cells = layers.map((layer, row) =>
    classes.map((name, column) => {
      const share = shares[row]?.[column] ?? 0;
      return svg(
        'rect',
        {
          x: across(column) + 1,
          y: top + row * rowHeight + 1,
          width: columnWidth - 2,
          height: rowHeight - 2,
          fill: share < 0 ? 'opposing' : 'accent',
          'fill-opacity': Math.abs(share) / limit,
        },
        svg('title', {}, `${layer}, ${name}: ${formatSignedPercent(share)}`),
      );
    }),
  );

  return svgDocument(
    { width, height: bottom + 58, label },
    svg('rect', {
      x: labelWidth,
      y: top,
      width: classes.length * columnWidth,
      height: layers.length * rowHeight,
      fill: 'inset',
    }),
    classes.map((name, column) =>
      svgText(across(column + 0.5) + 3, top - 6, name, {
        rotate: -45,
        maxWidth: titleReach + 2,
        color: column === highlighted ? 'accent' : 'ink',
        weight: column === highlighted ? 700 : undefined,
      }),
    ),
    layers.map((name, row) =>
      svgText(labelWidth - 8, top + (row + 0.5) * rowHeight + 4, name, { anchor: 'end', maxWidth: labelWidth - 10 }),
    ),
    cells,
    highlighted === undefined || !(highlighted in classes)
      ? undefined
      : svg('rect', {
          x: across(highlighted),
          y: top,
          width: columnWidth,
          height: layers.length * rowHeight,
          fill: 'none',
          stroke: 'accent',
          'stroke-width': 1.5,
        }),
    divergingScale(labelWidth, bottom + 16, Math.min(200, width - labelWidth - 24), {
      title: scaleTitle,
      low: formatSignedPercent(-limit),
      high: formatSignedPercent(limit),
    }),
  );
}
