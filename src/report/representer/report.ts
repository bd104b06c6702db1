/** The report of a representer result: one page, and each plot as SVG and PNG (Node only). */
import type { FloatArray } from '../../tensor.js';
import type { RepresenterResult, RepresenterResultPoint } from '../../results/representer.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { magnitudePlot, pointPanel, reconstructionPlots, sensitivityGrid } from './figures.js';
import type { MistakeView } from './mistakes.js';
import { representerPage, type RepresenterQueryView } from './page.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownQueries = 24;
/** Training points shown on either side, in the page and in the panel; more would be too large to draw. */
const shownPoints = 48;
const panelPoints = 12;
/** Test examples shown of a group of mistakes. */
const shownMembers = 6;

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
  const { queries, mistakes } = await representerViews(result, pictures, maps);
  const plots = reconstructionPlots(result.fit);
  await Promise.all(plots.map((svg, i) => files.plot('', `reconstruction-${i === 0 ? 'train' : 'test'}`, svg)));
  for (const [q, { influence }] of result.queries.slice(0, shownQueries).entries()) {
    if (influence) await files.plot(`query-${q}`, 'magnitudes', magnitudePlot(influence));
  }
  for (const [q, { query, image, excitatory, inhibitory, sensitivity }] of queries.entries()) {
    if (![...excitatory, ...inhibitory].some((point) => point.image)) continue;
    const [above, below] = [excitatory, inhibitory].map((points) => points.slice(0, panelPoints));
    const panel = pointPanel(query, image, above!, below!, result.classNames);
    await files.plot(`query-${q}`, 'panel', panel);
    await files.plot(`query-${q}`, 'sensitivity', sensitivity);
  }
  files.page(representerPage(result, queries, mistakes));
  return files;
}

/** What the page shows besides the result: pictures. */
export async function representerViews(
  result: RepresenterResult,
  pictures: PictureSource,
  maps: readonly FloatArray[] = [],
): Promise<{ queries: RepresenterQueryView[]; mistakes: MistakeView[] }> {
  const cache = cachedPictures(pictures);
  const pictured = <P extends Pick<RepresenterResultPoint, 'index'>>(points: readonly P[]) =>
    Promise.all(
      points.slice(0, shownPoints).map(async (point) => ({ ...point, image: await cache.train(point.index) })),
    );
  const queries: RepresenterQueryView[] = [];
  for (const [q, query] of result.queries.slice(0, shownQueries).entries()) {
    const [excitatory, inhibitory] = [await pictured(query.excitatory), await pictured(query.inhibitory)];
    const sensitivity = maps[q] && (await sensitivityGrid(query, maps[q], q, pictures, result.classNames));
    const influence = query.influence && {
      helpful: await pictured(query.influence.helpful),
      harmful: await pictured(query.influence.harmful),
    };
    queries.push({ query, image: await cache.query(q), excitatory, inhibitory, sensitivity, influence });
  }
  const mistakes: MistakeView[] = [];
  for (const mistake of result.mistakes ?? []) {
    const members = mistake.members.slice(0, shownMembers);
    mistakes.push({
      mistake,
      members: await Promise.all(members.map(async (index) => ({ index, image: await cache.test(index) }))),
      inhibitory: await pictured(mistake.inhibitory),
    });
  }
  return { queries, mistakes };
}
