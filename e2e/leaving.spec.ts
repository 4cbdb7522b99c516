import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { expectOnline, importFleet, openMachine, recordTexts } from './steps.ts';

/** What ends with the page does not end by a slip. */

/** Presses F5 and says whether the browser was kept from its own meaning of it, which a browser without a window does not show. */
async function pressRefresh(page: Page): Promise<boolean> {
  const kept = page.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        const heard = (event: KeyboardEvent) => {
          // When everybody has had it.
          if (event.key === 'F5') setTimeout(() => resolve(event.defaultPrevented));
        };
        addEventListener('keydown', heard, { capture: true, once: true });
      }),
  );
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await page.keyboard.press('F5');
  return kept;
}

test('F5 never reloads the page: in no room, behind no dialog, not from a text field', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  expect(await pressRefresh(page)).toBe(true);
  await page.getByRole('textbox', { name: 'Filter the machines' }).focus();
  expect(await pressRefresh(page)).toBe(true);

  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByRole('dialog', { name: 'Palette' })).toBeVisible();
  expect(await pressRefresh(page)).toBe(true);
  await page.keyboard.press('Escape');

  await page.keyboard.press('ControlOrMeta+,');
  await expect(page.getByRole('tab', { name: 'General' })).toBeVisible();
  expect(await pressRefresh(page)).toBe(true);
  await page.keyboard.press('ControlOrMeta+2');
  await page.getByRole('combobox', { name: /^Command line for / }).focus();
  expect(await pressRefresh(page)).toBe(true);

  // With a dialog open it does nothing behind it either.
  await page.keyboard.press('ControlOrMeta+1');
  await openMachine(page, 'HQ-SQL02');
  await page.keyboard.press('F8');
  await expect(page.getByRole('button', { name: 'Run again' })).toBeVisible({ timeout: 20_000 });
  const head = await recordTexts(page.locator('.diagnose-head'));
  const hasRun = async () => (await head()).some((text) => text.includes('Stop'));
  await page.keyboard.press('Shift+?');
  const keys = page.getByRole('dialog');
  await expect(keys).toBeVisible();
  expect(await pressRefresh(page)).toBe(true);
  await page.evaluate(() => new Promise(requestAnimationFrame));
  expect(await hasRun()).toBe(false);
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  expect(await pressRefresh(page)).toBe(true);
  await expect.poll(hasRun).toBe(true);
});

// The desktop window asks in a box of the system: app/desktop.test.ts.
test('a tab in which a shell is open asks before it closes; without one it does not', {
  tag: '@browser',
}, async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openMachine(page, lab.machines[0]!.name);
  await page.keyboard.press('Control+Backquote');
  const pane = page.locator('.shell-pane');
  await expect(pane).toHaveAttribute('data-status', 'idle');
  await page.keyboard.type('ping -t 127.0.0.1');
  await page.keyboard.press('Enter');
  await expect(pane).toContainText('Reply from');

  const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
  await expect(pane).toHaveAttribute('data-status', 'running');
  await page.keyboard.press('Control+c');
  await expect(pane).toHaveAttribute('data-status', 'idle');

  // One that has ended has nothing more to lose.
  await page.keyboard.type('exit');
  await page.keyboard.press('Enter');
  await expect(pane).toHaveAttribute('data-status', 'ended');
  page.on('dialog', (unexpected) => void unexpected.dismiss());
  await Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })]);
});
