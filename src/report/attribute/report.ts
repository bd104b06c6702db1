/** Writes the report of an attribute result: one page, and each map over its input as SVG and PNG (Node only). */
import { join } from 'node:path';
import { writeAtomically } from '../../files.js';
import type { PixelImage } from '../../plot/pixel-image.js';
import type { AttributeQuery, AttributeResult } from '../../results/attribute.js';
import { layersFigure, mapFigure, methodsFigure, rankingFigure, UNIT_SIGNS, type ArraySource } from './figures.js';
import { attributePage, type InputView, type ListedElement, type MethodView } from './page.js';
import { embedPicture, noPictures, type PictureSource } from '../pictures.js';
import { writePlot } from '../write-plot.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownInputs = 24;

/** Elements listed of an input that is no image. */
const listedElements = 10;

/**
 * Writes `index.html`, and for each input `query-<i>/<method>.svg` and `.png`, `methods.svg` and `.png` with all of them
 * side by side, and for MIM the layers of Fig. 2 and their ranking. The page needs none of the other files.
 * @param arrays the arrays that the result names
 * @throws InputError when a file cannot be written
 */
export async function writeAttributeReport(
  outDir: string,
  result: AttributeResult,
  arrays: ArraySource,
  pictures: PictureSource = noPictures,
): Promise<void> {
  const inputs = byInput(result.queries);
  const views: InputView[] = [];
  for (const queries of inputs.slice(0, shownInputs)) {
    const { index } = queries[0]!;
    const image = await pictures.queryPicture(index);
    const methods = queries.map((query) => methodView(query, arrays, image));
    views.push({ image: image && (await embedPicture(image)), methods });
    const folder = join(outDir, `query-${index}`);
    for (const { query, figure, layers, ranking } of methods) {
      const name = query.file.replace(/^.*\/|\.npy$/g, '');
      await writePlot(folder, name, figure);
      for (const [i, grid] of layers.entries()) await writePlot(folder, `${name}-layers-${UNIT_SIGNS[i]!}`, grid);
      await writePlot(folder, `${name}-ranking`, ranking);
    }
    if (queries.length > 1) await writePlot(folder, 'methods', methodsFigure(queries, arrays, image));
  }
  await writeAtomically(join(outDir, 'index.html'), attributePage(result, views, inputs.length - views.length));
}

/** The entries of each input together. */
function byInput(queries: readonly AttributeQuery[]): AttributeQuery[][] {
  const groups = new Map<number, AttributeQuery[]>();
  for (const query of queries) groups.set(query.index, [...(groups.get(query.index) ?? []), query]);
  return [...groups.values()];
}

function methodView(query: AttributeQuery, arrays: ArraySource, image: PixelImage | undefined): MethodView {
  const map = arrays(query.file);
  const { layered } = query;
  const grids = layered ? UNIT_SIGNS.map((sign) => layersFigure(layered, arrays, image, sign)) : [];
  return {
    query,
    figure: mapFigure(query, map, image),
    largest: largestElements(map.data),
    layers: grids.filter((grid) => grid !== undefined),
    ranking: layered && layered.ranking.length > 1 ? rankingFigure(layered) : undefined,
  };
}

function largestElements(values: ArrayLike<number>): ListedElement[] {
  const elements = Array.from(values, (value, index) => ({ index, value }));
  return elements.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, listedElements);
}
