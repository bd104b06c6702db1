/** The report of an attribute result: one page, and each map over its input as SVG and PNG (Node only). */
import type { PixelImage } from '../../plot/pixel-image.js';
import type { AttributeQuery, AttributeResult } from '../../results/attribute.js';
import { explainedIn } from '../app/attribute/explained.js';
import { layersFigure, mapFigure, methodsFigure, rankingFigure, UNIT_SIGNS, type ArraySource } from './figures.js';
import { mapStacks } from '../page/map-stacks.js';
import { packMaps } from '../page/pack-maps.js';
import { pageSheets, reportPage } from '../page/report-page.js';
import { noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownInputs = 24;

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
  for (const queries of explainedIn(result).slice(0, shownInputs)) {
    const { index } = queries[0];
    const image = await pictures.queryPicture(index);
    const methods = queries.map((query) => methodView(query, arrays, image));
    const folder = `query-${index}`;
    for (const { query, figure, layers, ranking } of methods) {
      const name = query.file.replace(/^.*\/|\.npy$/g, '');
      await files.plot(folder, name, figure);
      for (const [i, grid] of layers.entries()) await files.plot(folder, `${name}-layers-${UNIT_SIGNS[i]!}`, grid);
      await files.plot(folder, `${name}-ranking`, ranking);
    }
    if (queries.length > 1) await files.plot(folder, 'methods', methodsFigure(queries, arrays, image));
  }
  const maps = packMaps(mapStacks(result, arrays));
  const sheets = await pageSheets(result, pictures, maps);
  files.page(reportPage([{ name: 'attribute', result, sheets, arrays: maps }]), sheets);
  return files;
}

/** One method of an input, drawn. */
interface MethodView {
  readonly query: AttributeQuery;
  /** Undefined where the input is no image. */
  readonly figure: string | undefined;
  /** MIM: the grids of Fig. 2, for all units and by the sign of φ, and the ranking. */
  readonly layers: readonly string[];
  readonly ranking: string | undefined;
}

function methodView(query: AttributeQuery, arrays: ArraySource, image: PixelImage | undefined): MethodView {
  const { layered } = query;
  const grids = layered ? UNIT_SIGNS.map((sign) => layersFigure(layered, arrays, image, sign)) : [];
  return {
    query,
    figure: query.features ? undefined : mapFigure(query, arrays(query.file), image),
    layers: grids.filter((grid) => grid !== undefined),
    ranking: layered && layered.ranking.length > 1 ? rankingFigure(layered) : undefined,
  };
}
