/** The report of a trends result: one page, and each plot as SVG and PNG (Node only). */
import { folderNames } from '../../folder-names.js';
import type { PixelImage } from '../../plot/pixel-image.js';
import type { TrendsResult } from '../../results/trends.js';
import type { ArraySource } from '../attribute/figures.js';
import { mapStacks } from '../page/map-stacks.js';
import { packMaps } from '../page/pack-maps.js';
import { pageSheets, reportPage } from '../page/report-page.js';
import { noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { measureFigure, performanceFigure } from './figures.js';
import { methodParts } from './method-parts.js';
import { stripsFigure, stripView, type StripView } from './strips.js';

/** Strips that are drawn; a page of more would be too large to open. All of them are in result.json. */
const SHOWN_STRIPS = 32;

/** Where plots lie. */
const FOLDER = 'plots';

/**
 * Makes `index.html`, and in `plots/`, as `.svg` and `.png`: `performance`, for each method each measure
 * (`lrp-norm`), and its maps (`lrp-maps`). The page needs none of the other files.
 * @param arrays the arrays that the result names
 */
export async function trendsReport(
  result: TrendsResult,
  arrays: ArraySource,
  pictures: PictureSource = noPictures,
): Promise<ReportFiles> {
  const files = createReportFiles();
  await files.plot(FOLDER, 'performance', performanceFigure(result));
  const views = result.strips
    .slice(0, SHOWN_STRIPS)
    .map((strip) => stripView(strip, arrays))
    .filter((view) => view !== undefined);
  const images = await imagesOf(result, views, pictures);
  const methods = methodParts(result);
  const names = folderNames(methods.map(({ title }) => title));
  for (const [i, { title, series, measures }] of methods.entries()) {
    const { method } = series[0]!;
    for (const measure of measures) {
      await files.plot(FOLDER, `${names[i]!}-${measure}`, measureFigure(result, measure, series));
    }
    const own = views.filter(({ strip }) => strip.method === method);
    await files.plot(FOLDER, `${names[i]!}-maps`, stripsFigure(result, title, own, images));
  }
  const maps = packMaps(mapStacks(result, arrays));
  const sheets = await pageSheets(result, pictures, maps);
  files.page(reportPage([{ name: 'trends', result, sheets, arrays: maps }]), sheets);
  return files;
}

/** Pictures of images that have strips, by their place in the result. */
async function imagesOf(
  { images }: TrendsResult,
  views: readonly StripView[],
  pictures: PictureSource,
): Promise<Map<number, PixelImage>> {
  const found = new Map<number, PixelImage>();
  for (const place of new Set(views.map(({ strip }) => strip.image))) {
    const image = await pictures.picture(images[place]!.split, images[place]!.index);
    if (image) found.set(place, image);
  }
  return found;
}
