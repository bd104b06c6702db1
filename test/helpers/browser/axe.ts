/** What axe-core finds on a page that stands in a reader's way. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings, in words. The page's policy forbids foreign scripts: axe runs as the browser's own. */
export async function seriousFindings(page: Page): Promise<string[]> {
  return page.evaluate(async (axe) => {
    interface Found {
      impact: string;
      id: string;
      nodes: { target: string[]; failureSummary: string }[];
    }
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- not the page's own code
    const load = new Function(`${axe}; return window.axe;`) as () => { run: () => Promise<{ violations: Found[] }> };
    const { run } = load();
    const { violations } = await run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
      );
  }, source);
}
