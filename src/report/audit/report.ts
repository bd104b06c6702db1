/** The report of an audit: one page, the sheet of suspects, and each plot as SVG and PNG (Node only). */
import type { AuditResult } from '../../results/audit.js';
import { pageSheets, reportPage } from '../page/report-page.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { simulationPlots } from './simulation-plots.js';
import { suspectSheet, type PicturedSuspect } from './suspect-sheet.js';

/** Suspects that are drawn into one picture. All of them are in the page and in result.json. */
const shownSuspects = 500;

/**
 * Makes `index.html`, for images `suspects.svg` and `.png`, and for a simulation `accuracy` and `found` as `.svg` and
 * `.png`. The page needs none of the other files.
 */
export async function auditReport(result: AuditResult, pictures: PictureSource = noPictures): Promise<ReportFiles> {
  const files = createReportFiles();
  const cache = cachedPictures(pictures);
  const suspects: PicturedSuspect[] = await Promise.all(
    result.suspects
      .slice(0, shownSuspects)
      .map(async (suspect) => ({ ...suspect, image: await cache.train(suspect.index) })),
  );
  if (result.simulation) {
    for (const [name, svg] of Object.entries(simulationPlots(result.simulation))) await files.plot('', name, svg);
  }
  if (suspects.some(({ image }) => image)) {
    await files.plot('', 'suspects', suspectSheet(suspects, result));
  }
  const sheets = await pageSheets(result, pictures);
  files.page(reportPage([{ name: 'audit', result, sheets }]), sheets);
  return files;
}
