/** The report of a representer result: one page, and each plot as SVG and PNG (Node only). */
import type { FloatArray } from '../../tensor.js';
import type { EmbeddedImage } from '../../plot/pixel-image.js';
import type { RepresenterQuery, RepresenterResult, RepresenterResultPoint } from '../../results/representer.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { mapStacks } from '../page/map-stacks.js';
import { packMaps } from '../page/pack-maps.js';
import { pageSheets, reportPage } from '../page/report-page.js';
import { pointPanel, sensitivityGrid, type PicturedPoint } from './figures.js';
import { magnitudePlot, reconstructionPlots } from './plots.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownQueries = 24;
/** Training points of a panel on either side. */
const panelPoints = 12;

/**
 * Makes `index.html`, `reconstruction-train.svg` and `.png` (and `-test`), and for each input with pictures
 * `query-<i>/panel.svg` and `panel.png`, `sensitivity.svg` and `.png` where there are maps, `magnitudes.svg` and `.png`
 * where influence was computed. The page needs none of the other files.
 */
export async function representerReport(
  result: RepresenterResult,
  pictures: PictureSource = noPictures,
  maps: readonly FloatArray[] = [],
): Promise<ReportFiles> {
  const files = createReportFiles();
  const plots = reconstructionPlots(result.fit);
  await Promise.all(plots.map((svg, i) => files.plot('', `reconstruction-${i === 0 ? 'train' : 'test'}`, svg)));
  for (const [q, { influence }] of result.queries.slice(0, shownQueries).entries()) {
    if (influence) await files.plot(`query-${q}`, 'magnitudes', magnitudePlot(influence));
  }
  for (const [q, view] of (await drawn(result, pictures, maps)).entries()) {
    const { query, image, excitatory, inhibitory, sensitivity } = view;
    if (![...excitatory, ...inhibitory].some((point) => point.image)) continue;
    const panel = pointPanel(query, image, excitatory, inhibitory, result.classNames);
    await files.plot(`query-${q}`, 'panel', panel);
    await files.plot(`query-${q}`, 'sensitivity', sensitivity);
  }
  const byFile = new Map(result.queries.map(({ sensitivity }, q) => [sensitivity?.file, maps[q]]));
  const arrays = packMaps(mapStacks(result, (file) => byFile.get(file)!));
  const sheets = await pageSheets(result, pictures, arrays);
  files.page(reportPage([{ name: 'representer', result, sheets, arrays }]), sheets);
  return files;
}

/** An input with the pictures of its plots. */
interface QueryView {
  readonly query: RepresenterQuery;
  readonly image: EmbeddedImage | undefined;
  readonly excitatory: readonly PicturedPoint[];
  readonly inhibitory: readonly PicturedPoint[];
  readonly sensitivity: string | undefined;
}

async function drawn(
  result: RepresenterResult,
  pictures: PictureSource,
  maps: readonly FloatArray[],
): Promise<QueryView[]> {
  const cache = cachedPictures(pictures);
  const pictured = (points: readonly RepresenterResultPoint[]) =>
    Promise.all(
      points.slice(0, panelPoints).map(async (point) => ({ ...point, image: await cache.train(point.index) })),
    );
  const views: QueryView[] = [];
  for (const [q, query] of result.queries.slice(0, shownQueries).entries()) {
    const [excitatory, inhibitory] = [await pictured(query.excitatory), await pictured(query.inhibitory)];
    const sensitivity = maps[q] && (await sensitivityGrid(query, maps[q], q, pictures, result.classNames));
    views.push({ query, image: await cache.query(q), excitatory, inhibitory, sensitivity });
  }
  return views;
}
