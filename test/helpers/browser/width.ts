/** Whether a page scrolls sideways. */
import type { Page } from 'playwright-core';

/** What reaches beyond the page's right edge, in words; nothing on a page that does not scroll sideways. */
export async function beyondThePage(page: Page): Promise<string[]> {
  // Numbers and texts only: an element does not leave the browser.
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const beyond = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1,
    );
    const named = beyond
      .slice(0, 5)
      .map(
        ({ tagName, className }: Element & { className: unknown }) =>
          `${tagName.toLowerCase()}.${typeof className === 'string' ? className : ''}`,
      );
    return [`${scrollWidth} of ${clientWidth} pixels`, ...named];
  });
}
