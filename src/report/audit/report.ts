/** Writes the report of an audit: one page, the sheet of suspects, and each plot as SVG and PNG (Node only). */
import { join } from 'node:path';
import { writeAtomically } from '../../files.js';
import type { AuditResult } from '../../results/audit.js';
import { auditFigures, suspectSheet, type PicturedSuspect } from './figures.js';
import { auditPage } from './page.js';
import { cachedPictures, noPictures, type PictureSource } from '../pictures.js';
import { writePlot } from '../write-plot.js';

/**
 * Writes `index.html`, for images `suspects.svg` and `.png`, and for a simulation `accuracy` and `found` as `.svg` and
 * `.png`. The page needs none of the other files.
 * @throws InputError when a file cannot be written
 */
export async function writeAuditReport(
  outDir: string,
  result: AuditResult,
  pictures: PictureSource = noPictures,
): Promise<void> {
  const cache = cachedPictures(pictures);
  const suspects: PicturedSuspect[] = await Promise.all(
    result.suspects.map(async (suspect) => ({ ...suspect, image: await cache.train(suspect.index) })),
  );
  const figures = { ...auditFigures(result) };
  if (suspects.some(({ image }) => image))
    Object.assign(figures, { suspects: suspectSheet(suspects, result.classNames) });
  for (const [name, svg] of Object.entries(figures)) {
    await writePlot(outDir, name, svg);
  }
  await writeAtomically(join(outDir, 'index.html'), auditPage(result, suspects));
}
