/** The report of a check: one page (Node only). */
import type { CheckResult } from '../../results/check.js';
import { reportPage } from '../page/report-page.js';
import { noSheets } from '../page/sheets.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';

/** Makes `index.html`. */
export function checkReport(result: CheckResult): ReportFiles {
  const files = createReportFiles();
  files.page(reportPage([{ name: 'check', result, sheets: noSheets }]));
  return files;
}
