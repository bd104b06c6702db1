/** The report of a trends result: one page, and each plot as SVG and PNG (Node only). */
import { folderNames } from '../../folder-names.js';
import type { PixelImage } from '../../plot/pixel-image.js';
import type { TrendsResult, TrendsSeries } from '../../results/trends.js';
import { methodTitle, type ArraySource } from '../attribute/figures.js';
import { embedPicture, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { measureFigure, performanceFigure } from './figures.js';
import type { StripOnPage } from './maps-section.js';
import { trendsPage, type MethodPart } from './page.js';
import { spriteOf, stripsFigure, stripView, type StripView } from './strips.js';

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
  const performance = performanceFigure(result);
  await files.plot(FOLDER, 'performance', performance);
  const views = result.strips
    .slice(0, SHOWN_STRIPS)
    .map((strip) => stripView(strip, arrays))
    .filter((view) => view !== undefined);
  const images = await imagesOf(result, views, pictures);
  const methods = methodParts(result);
  const names = folderNames(methods.map(({ title }) => title));
  for (const [i, { title, series, figures }] of methods.entries()) {
    const { method } = series[0]!;
    for (const [measure, svg] of figures) await files.plot(FOLDER, `${names[i]!}-${measure}`, svg);
    const own = views.filter(({ strip }) => strip.method === method);
    await files.plot(FOLDER, `${names[i]!}-maps`, stripsFigure(result, title, own, images));
  }
  const strips = await Promise.all(views.map((view) => onPage(view, images, methods)));
  files.page(trendsPage(result, { performance, methods, strips, hidden: result.strips.length - strips.length }));
  return files;
}

/** Each method with its plots, in the order of the result. */
function methodParts(result: TrendsResult): MethodPart[] {
  const groups = new Map<string, TrendsSeries[]>();
  for (const series of result.series) {
    const title = methodTitle(series);
    groups.set(title, [...(groups.get(title) ?? []), series]);
  }
  return [...groups].map(([title, series]) => {
    const measures = [...new Set(series.flatMap((one) => Object.keys(one.measures)))];
    return { title, series, figures: measures.map((name) => [name, measureFigure(result, name, series)] as const) };
  });
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

async function onPage(
  view: StripView,
  images: ReadonlyMap<number, PixelImage>,
  methods: readonly MethodPart[],
): Promise<StripOnPage> {
  const { strip, shown, limit, square } = view;
  const image = images.get(strip.image);
  return {
    strip,
    title: methods.find(({ series }) => series[0]!.method === strip.method)?.title ?? strip.method,
    image: image && (await embedPicture(image)),
    sprite: spriteOf(view),
    steps: shown.map((i) => strip.steps[i]!),
    targets: shown.map((i) => strip.targets[i]!),
    limit,
    square,
  };
}
