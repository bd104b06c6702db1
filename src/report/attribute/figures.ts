/** The plots of an attribute result: what of the result goes into each. */
import type { FloatArray } from '../../tensor.js';
import { heatmap } from '../../plot/heatmap.js';
import { linePlot } from '../../plot/line-plot.js';
import { mapGrid, type GridRow } from '../../plot/map-grid.js';
import type { PixelImage } from '../../plot/pixel-image.js';
import type { AttributeQuery, Layered } from '../../results/attribute.js';
import { entryOf, planeOf, scaled } from './maps.js';

/** Where arrays that a result names come from. */
export type ArraySource = (file: string) => FloatArray;

/** How a method is called in a figure: its name, and its layer where it has one. */
export function methodTitle({ method, layer }: Pick<AttributeQuery, 'method' | 'layer'>): string {
  return layer === undefined ? method : `${method} @ ${layer}`;
}

/** One map, over the picture that it explains; undefined where the input is no image. */
export function mapFigure(query: AttributeQuery, map: FloatArray, picture: PixelImage | undefined): string | undefined {
  const plane = planeOf(map);
  if (!plane) return undefined;
  const { columns, rows, values, limit } = scaled(plane);
  return heatmap({
    columns,
    rows,
    values,
    limit,
    underlay: picture,
    title: methodTitle(query),
    scaleTitle: `for ${query.target.label} (warm) or against (blue)`,
    label: `Which pixels of ${query.input} speak for ${query.target.label}, by ${methodTitle(query)}`,
  });
}

/** The input and all methods in one row. */
export function methodsFigure(
  queries: readonly AttributeQuery[],
  arrays: ArraySource,
  picture: PixelImage | undefined,
): string | undefined {
  const planes = queries.map((query) => planeOf(arrays(query.file)));
  if (!planes.every((plane) => plane !== undefined)) return undefined;
  const { input, target } = queries[0]!;
  return mapGrid({
    columns: [...(picture ? ['input'] : []), ...queries.map(methodTitle)],
    rows: [
      {
        title: '',
        cells: [...(picture ? [{ picture }] : []), ...planes.map((plane) => ({ picture, map: scaled(plane) }))],
      },
    ],
    scaleTitle: `for ${target.label} (warm) or against (blue)`,
    label: `Which pixels of ${input} speak for ${target.label}, by ${queries.length} methods side by side`,
    cell: 128,
  });
}

/** Which units a grid is made of. */
export const UNIT_SIGNS = ['all', 'positive', 'negative'] as const;

/** Which units a grid is made of. */
export type UnitSign = (typeof UNIT_SIGNS)[number];

/**
 * The paper's Fig. 2: a row per layer; the input, its largest activation brought back, and growing shares of the most
 * influential units.
 */
export function layersFigure(
  layered: Layered,
  arrays: ArraySource,
  picture: PixelImage | undefined,
  sign: UnitSign,
): string | undefined {
  const rows: GridRow[] = [];
  for (const { layer, file, units } of layered.layers) {
    const stack = arrays(file);
    const place = (share: number) => 1 + 3 * share + UNIT_SIGNS.indexOf(sign);
    const pictures = [0, ...layered.shares.map((_, share) => place(share))].map((i) => planeOf(entryOf(stack, i)));
    if (!pictures.every((plane) => plane !== undefined)) return undefined;
    const details = ['1 unit', ...units.map((count) => `${count} unit${count === 1 ? '' : 's'}`)];
    rows.push({
      title: layer,
      cells: [
        ...(picture ? [{ picture }] : []),
        ...pictures.map((plane, i) => ({ map: { ...scaled(plane), detail: details[i]! } })),
      ],
    });
  }
  const which = sign === 'all' ? '' : `, ${sign} φ`;
  return mapGrid({
    columns: [
      ...(picture ? ['input'] : []),
      'Max',
      ...layered.shares.map((share) => `top ${shareText(share)}${which}`),
    ],
    rows,
    scaleTitle: 'brought back by DeconvNet, each to its own limit',
    label: `What the most influential units of each layer have seen${which}: a row per layer, a column per share of units`,
    cell: 84,
  });
}

/** A share of units as a percentage without needless digits: "0.1 %". */
export function shareText(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** Both criteria of an influential layer over the depth of the network. */
export function rankingFigure({ ranking, layer }: Layered): string {
  const x = ranking.map((_, i) => i);
  return linePlot({
    series: [
      { name: 'linear-probe fidelity', x, y: ranking.map(({ fidelity }) => Math.max(fidelity, -0.1)) },
      { name: 'spread of |φ| (Gini)', x, y: ranking.map(({ spread }) => spread) },
      {
        name: `taken: ${layer}`,
        x: ranking.flatMap((entry, i) => (entry.layer === layer ? [i] : [])),
        y: ranking.flatMap((entry) => (entry.layer === layer ? [Math.max(entry.fidelity, -0.1)] : [])),
        color: 'ink',
      },
    ],
    xTitle: 'layer, from input to output',
    yTitle: 'criterion',
    label: `How well a linear model of each layer gives the output, and how much influence differs between its units`,
    height: 260,
  });
}
