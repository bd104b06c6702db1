/** The report of a check: one page (Node only). */
import type { PixelImage } from '../../plot/pixel-image.js';
import type { CheckResult } from '../../results/check.js';
import { pageSheets, reportPage } from '../page/report-page.js';
import { noPictures } from '../pictures.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';

/**
 * Makes `index.html`, with pictures of the probes whose decision changed.
 * @param pictureOf a probe as a picture, by its number; undefined where it is none
 */
export async function checkReport(
  result: CheckResult,
  pictureOf: (probe: number) => PixelImage | undefined = () => undefined,
): Promise<ReportFiles> {
  const files = createReportFiles();
  const changes = result.changes ?? [];
  const sheets = await pageSheets(result, {
    ...noPictures,
    queryPicture: (place) => Promise.resolve(pictureOf(changes[place]!.probe)),
  });
  files.page(reportPage([{ name: 'check', result, sheets }]), sheets);
  return files;
}
