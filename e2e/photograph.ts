import type { Page } from '@playwright/test';

const wide = { width: 1440, height: 900 };
const narrow = { width: 1024, height: 700 };

/** The view as it really is, for somebody to look at: e2e/screenshots/<screen>-<theme>[-1024].png, not under version control. */
export async function photograph(page: Page, screen: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [viewport, suffix] of [
      [narrow, '-1024'],
      [wide, ''],
    ] as const) {
      await page.setViewportSize(viewport);
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      await page.screenshot({ path: `e2e/screenshots/${screen}-${theme}${suffix}.png`, animations: 'disabled' });
    }
  }
}
