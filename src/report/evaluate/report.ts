/** The report of an evaluation: one page, and each plot as SVG and PNG (Node only). */
import type { EvaluateResult } from '../../results/evaluate.js';
import { reportPage } from '../page/report-page.js';
import { noSheets } from '../page/sheets.js';
import { createReportFiles, type ReportFiles } from '../report-files.js';
import { figureGroups, intervalPlot } from './figures.js';

/** Makes `index.html`, and for each protocol its plots as `<protocol>/<number>.svg` and `.png`. */
export async function evaluateReport(result: EvaluateResult): Promise<ReportFiles> {
  const files = createReportFiles();
  const numbers = new Map<string, number>();
  for (const group of figureGroups(result)) {
    const number = (numbers.get(group.protocol) ?? 0) + 1;
    numbers.set(group.protocol, number);
    await files.plot(group.protocol, String(number), intervalPlot(group));
  }
  files.page(reportPage([{ name: 'evaluate', result, sheets: noSheets }]));
  return files;
}
