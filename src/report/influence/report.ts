/** The report of an influence result: one page, and each plot as SVG and PNG (Node only). */
import type { InfluenceEffect, InfluenceResult } from '../../results/influence.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { effectPanel, verificationPlot, type PicturedEffect } from './figures.js';
import { pageSheets, reportPage } from '../page/report-page.js';

/** Inputs that are drawn; a page of more would be too large to open. All of them are in result.json. */
const shownQueries = 24;
/** Training examples shown on either side, in the page and in the panel; more would be too large to draw. */
const shownExamples = 48;
const panelExamples = 12;

/**
 * Makes `index.html`, for each input with pictures `query-<i>/panel.svg` and `panel.png`, and `verification.svg` and `.png`
 * where training was done again for several inputs. The page needs none of the other files.
 */
export async function influenceReport(
  result: InfluenceResult,
  pictures: PictureSource = noPictures,
): Promise<ReportFiles> {
  const files = createReportFiles();
  const cache = cachedPictures(pictures);
  const pictured = (effects: readonly InfluenceEffect[]): Promise<PicturedEffect[]> =>
    Promise.all(
      effects.slice(0, shownExamples).map(async (effect) => ({ ...effect, image: await cache.train(effect.index) })),
    );
  for (const [q, query] of result.queries.slice(0, shownQueries).entries()) {
    const image = query.predicted && (await cache.query(q));
    const view = {
      query,
      image,
      examples: await pictured(query.examples),
      opponents: await pictured(query.opponents),
    };
    if (![...view.examples, ...view.opponents].some((effect) => effect.image)) continue;
    const [above, below] = [view.examples, view.opponents].map((effects) => effects.slice(0, panelExamples));
    await files.plot(`query-${q}`, 'panel', effectPanel(query, image, above!, below!, result));
  }
  await files.plot('', 'verification', verificationPlot(result));
  const sheets = await pageSheets(result, pictures);
  files.page(reportPage([{ name: 'influence', result, sheets }]), sheets);
  return files;
}
