/** The report of an attribute result: one page, and each map over its input as SVG and PNG (Node only). */
import type { PixelImage } from '../../plot/pixel-image.js';
import type { AttributeFeature, AttributeQuery, AttributeResult } from '../../results/attribute.js';
import { layersFigure, mapFigure, methodsFigure, rankingFigure, UNIT_SIGNS, type ArraySource } from './figures.js';
import { attributePage, type InputView, type MethodView } from './page.js';
import { embedPicture, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownInputs = 24;

/** Elements listed of an input that is no image. */
const listedElements = 10;

/**
 * Makes `index.html`, and for each input `query-<i>/<method>.svg` and `.png`, `methods.svg` and `.png` with all of them
 * side by side, and for MIM the layers of Fig. 2 and their ranking. The page needs none of the other files.
 * @param arrays the arrays that the result names
 */
export async function attributeReport(
  result: AttributeResult,
  arrays: ArraySource,
  pictures: PictureSource = noPictures,
): Promise<ReportFiles> {
  const files = createReportFiles();
  const inputs = byInput(result.queries);
  const views: InputView[] = [];
  for (const queries of inputs.slice(0, shownInputs)) {
    const { index } = queries[0]!;
    const image = await pictures.queryPicture(index);
    const methods = queries.map((query) => methodView(query, arrays, image));
    views.push({ image: image && (await embedPicture(image)), methods });
    const folder = `query-${index}`;
    for (const { query, figure, layers, ranking } of methods) {
      const name = query.file.replace(/^.*\/|\.npy$/g, '');
      await files.plot(folder, name, figure);
      for (const [i, grid] of layers.entries()) await files.plot(folder, `${name}-layers-${UNIT_SIGNS[i]!}`, grid);
      await files.plot(folder, `${name}-ranking`, ranking);
    }
    if (queries.length > 1) await files.plot(folder, 'methods', methodsFigure(queries, arrays, image));
  }
  files.page(attributePage(result, views, inputs.length - views.length));
  return files;
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
    features: query.features ?? largestElements(map.data),
    layers: grids.filter((grid) => grid !== undefined),
    ranking: layered && layered.ranking.length > 1 ? rankingFigure(layered) : undefined,
  };
}

/** What results of earlier versions did not say. */
function largestElements(values: ArrayLike<number>): AttributeFeature[] {
  const elements = Array.from(values, (relevance, feature) => ({ feature, value: NaN, relevance }));
  return elements.sort((a, b) => Math.abs(b.relevance) - Math.abs(a.relevance)).slice(0, listedElements);
}
