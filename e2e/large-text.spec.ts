import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { expectOnline, openMachine, serviceRow } from './steps.ts';

/** 1440 by 900 with everything twice as large (WCAG 1.4.4) is what a window of half the size shows. */
const half = { width: 720, height: 450 };

/**
 * Names of controls that lie beside the window or are too narrow to be used. They may have to be scrolled to, downwards; sideways only
 * inside a table, or a text that is as wide as its lines.
 */
const lostControls = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const inTables = '[role="grid"], [role="treegrid"], table, pre, .xterm, [aria-hidden="true"]';
    const controls = document.querySelectorAll<HTMLElement>(
      'button, input, select, textarea, [role="tab"], [role="switch"]',
    );
    return [...controls]
      .filter((control) => control.closest(inTables) === null)
      .filter((control) => control.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      .filter((control) => {
        const { left, right, width } = control.getBoundingClientRect();
        const isText = control.matches('input:not([type="checkbox"], [type="radio"]), select, textarea');
        return left < -0.5 || right > window.innerWidth + 0.5 || width < (isText ? 48 : 14);
      })
      .map((control) => control.getAttribute('aria-label') ?? control.textContent ?? control.tagName);
  });

test('with everything twice as large, nothing that can be used is cut off or out of reach, in any room', async ({
  start,
}) => {
  const { page } = await start();
  await page.setViewportSize(half);
  await expectOnline(page, 12);
  expect(await lostControls(page), 'Machines').toEqual([]);
  await openMachine(page, 'HQ-DC01');
  for (const room of ['Overview', 'Services', 'Processes', 'Events', 'WinRM', 'Hardware', 'WMI', 'Shell', 'Trace']) {
    await page.getByRole('tab', { name: room }).click();
    await expect(page.getByRole('tab', { name: room })).toHaveAttribute('aria-selected', 'true');
    await expect(page.locator('.room-skeleton')).toHaveCount(0);
    await page.screenshot({ path: `e2e/screenshots/large-text-${room.toLowerCase()}.png` });
    expect(await lostControls(page), room).toEqual([]);
  }
});

test('with everything twice as large, details lie below the list, and dialogs scroll to their buttons', async ({
  start,
}) => {
  const { page } = await start();
  await page.setViewportSize(half);
  await openMachine(page, 'HQ-DC01', 'Services');
  await serviceRow(page, 'ADWS').click();
  const details = page.locator('.sv-pane');
  await details.getByRole('combobox', { name: 'Start mode' }).scrollIntoViewIfNeeded();
  await expect(details.getByRole('combobox', { name: 'Start mode' })).toBeInViewport();
  expect((await details.boundingBox())!.width).toBeGreaterThan(600);
  await page.screenshot({ path: 'e2e/screenshots/large-text-details.png' });

  await page.getByRole('button', { name: 'Restart…' }).click();
  const restart = page.getByRole('alertdialog', { name: 'Restart HQ-DC01?' });
  await restart.getByRole('button', { name: 'Restart HQ-DC01' }).scrollIntoViewIfNeeded();
  await expect(restart.getByRole('button', { name: 'Restart HQ-DC01' })).toBeInViewport();
  await page.screenshot({ path: 'e2e/screenshots/large-text-restart.png' });
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Machines', exact: true }).first().click();
  await page.getByRole('button', { name: 'Add machine' }).click();
  const add = page.getByRole('dialog', { name: 'Add a machine' });
  expect(await lostControls(page), 'Add a machine').toEqual([]);
  for (const name of ['Test', 'Cancel']) {
    await add.getByRole('button', { name, exact: true }).scrollIntoViewIfNeeded();
    await expect(add.getByRole('button', { name, exact: true })).toBeInViewport();
  }
  await page.screenshot({ path: 'e2e/screenshots/large-text-add.png' });
});
