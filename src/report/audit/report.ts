/** The report of an audit: one page, the sheet of suspects, and each plot as SVG and PNG (Node only). */
import type { AuditResult } from '../../results/audit.js';
import { auditFigures, suspectSheet, type PicturedSuspect } from './figures.js';
import { SHOWN_WITH_OPPONENTS } from './opponents.js';
import { auditPage } from './page.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';

/** Suspects that are shown; a page of more would be too large to open. All of them are in result.json. */
const shownSuspects = 500;

/**
 * Makes `index.html`, for images `suspects.svg` and `.png`, and for a simulation `accuracy` and `found` as `.svg` and
 * `.png`. The page needs none of the other files.
 */
export async function auditReport(result: AuditResult, pictures: PictureSource = noPictures): Promise<ReportFiles> {
  const files = createReportFiles();
  const cache = cachedPictures(pictures);
  const suspects: PicturedSuspect[] = await Promise.all(
    result.suspects.slice(0, shownSuspects).map(async (suspect, place) => {
      const { index, opponents } = suspect;
      const opponentImages =
        place < SHOWN_WITH_OPPONENTS
          ? await Promise.all(opponents.map((opponent) => cache.train(opponent.index)))
          : undefined;
      return { ...suspect, image: await cache.train(index), opponentImages };
    }),
  );
  const figures = { ...auditFigures(result) };
  if (suspects.some(({ image }) => image))
    Object.assign(figures, { suspects: suspectSheet(suspects, result.classNames) });
  for (const [name, svg] of Object.entries(figures)) {
    await files.plot('', name, svg);
  }
  files.page(auditPage(result, suspects));
  return files;
}
